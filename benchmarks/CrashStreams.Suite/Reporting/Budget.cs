using System.Globalization;
using System.Text;
using CrashStreams.Benchmarks.Budget;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.Reporting;

/// <summary>The page about what a line costs.</summary>
internal static class Budget
{
    public static string Page(ResultFile<BudgetResult> file, string notes)
    {
        var text = new StringBuilder("# What a line costs\n\nWritten by `./build.sh bench report`. The crash monitor over lines of some 165 bytes in memory, one thread, without a broker: nanoseconds and allocated bytes per line.\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Report.Of(file.Run)}\n");
        var shares = file.Results.GroupBy(static r => r.MatchingShare).ToList();
        text.AppendLine("| severe crashes | engine, ns | engine, B | loop written by hand, ns | loop, B | engine : loop |\n|---|---|---|---|---|---|");
        foreach (var share in shares)
        {
            string Cell(Func<BudgetResult, double> figure, string format) => Spread.Of(share.Select(figure)).Text(format);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {share.Key:P0} | {Cell(static r => r.Engine.Nanoseconds, "0")} | {Cell(static r => r.Engine.Bytes, "0.0")} | {Cell(static r => r.HandWritten.Nanoseconds, "0")} | {Cell(static r => r.HandWritten.Bytes, "0.0")} | {Cell(static r => r.Ratio, "0.00")} |");
        }

        text.AppendLine("\nThe loop does the same job with nothing around it: no log, no store, no guarantee, nothing that can be restarted. The engine also writes each counted line to a repartition topic and reads it again, keeps a changelog and commits.");
        foreach (var share in shares)
            Steps(text, share.Key, [.. share]);
        return text.AppendLine().Append(notes).ToString();
    }

    private static void Steps(StringBuilder text, double share, List<BudgetResult> results)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"\n## {share:P0} severe crashes\n\n| step | times per line | ns per line | ns each time | B per line |\n|---|---|---|---|---|");
        var sum = 0.0;
        for (var i = 0; i < results[0].Steps.Count; i++)
        {
            var (times, cost) = (results[0].Steps[i].Times, Spread.Of(results.Select(r => r.Steps[i].Cost.Nanoseconds)));
            sum += cost.Median;
            text.AppendLine(CultureInfo.InvariantCulture, $"| {results[0].Steps[i].Step} | {times:0.000} | {cost.Text("0.0")} | {cost.Median / times:0} | {Spread.Of(results.Select(r => r.Steps[i].Cost.Bytes)).Text("0.0")} |");
        }

        var engine = Spread.Of(results.Select(static r => r.Engine.Nanoseconds)).Median;
        text.AppendLine(CultureInfo.InvariantCulture, $"| sum of the steps: the floor | | {sum:0.0} | | |\n| beyond it in the engine: operators, tasks, clocks, stores, changelog, closing of windows | | {engine - sum:0.0} | | |");
    }
}
