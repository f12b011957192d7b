using System.Globalization;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.Suite.Results;

namespace CrashStreams.Benchmarks.Budget;

/// <summary>The engine beside a loop that is written by hand, over the same bytes in memory, on one thread, in turn; and what each step of the job costs alone.</summary>
internal static class BudgetRun
{
    private const int Lines = 1_000_000, Partitions = 12, WarmUps = 3;

    /// <param name="rounds">Rounds that count; three come before.</param>
    /// <param name="json">Where results are written.</param>
    /// <param name="shares">Shares of the lines that are severe crashes.</param>
    public static void Run(int rounds, string? json, IReadOnlyList<double> shares)
    {
        var run = RunInfo.Now($"./build.sh bench budget {rounds}");
        var results = new List<BudgetResult>();
        foreach (var share in shares)
        {
            var engine = new CrashRun(Lines, share);
            var steps = new Steps(engine.Log.Input, Lines);
            for (var round = 1 - WarmUps; round <= rounds; round++)
            {
                var result = Measure(share, round, engine, steps);
                if (round > 0)
                    results.Add(result);
            }

            if (steps.Sum == 0)
                throw new InvalidOperationException("The steps found nothing.");
            Print([.. results.Where(r => r.MatchingShare == share)]);
        }

        if (json is not null)
            new ResultFile<BudgetResult>(run, results).Write(json);
    }

    private static BudgetResult Measure(double share, int round, CrashRun engine, Steps steps)
    {
        Cost onEngine;
        using (var thread = engine.Start())
            onEngine = CostOf(() => engine.Drain(thread));
        var loop = new HandWrittenLoop(Partitions);
        var byHand = CostOf(() => loop.Run(engine.Log.Input));
        if (loop.Alerts == 0 || engine.Log.Producer.Others < loop.Alerts)
            throw new InvalidOperationException($"The loop wrote {loop.Alerts} alerts, the engine {engine.Log.Producer.Others} alerts and changes: they do not do the same.");
        engine.Log.Input.Show(0, Lines);
        return new()
        {
            MatchingShare = share,
            Round = round,
            Lines = Lines,
            Engine = onEngine,
            HandWritten = byHand,
            Steps = [.. steps.All.Select(step => new StepCost(step.Name, step.Share, CostOf(step.Run)))],
        };
    }

    // Processor time, because on a machine that does other things too, time that passes is mostly theirs. Collections and the engine's timers are in it.
    private static Cost CostOf(Action action)
    {
        GC.Collect();
        var (allocated, start) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
        action();
        return new((Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Lines, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Lines);
    }

    private static void Print(List<BudgetResult> of)
    {
        string Cell(Func<BudgetResult, double> figure, string format) => Spread.Of(of.Select(figure)).Text(format);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{of[0].MatchingShare:P0} severe crashes, per line, {of.Count} rounds: engine {Cell(static r => r.Engine.Nanoseconds, "0")} ns, {Cell(static r => r.Engine.Bytes, "0.0")} B; by hand {Cell(static r => r.HandWritten.Nanoseconds, "0")} ns, {Cell(static r => r.HandWritten.Bytes, "0.0")} B; ratio {Cell(static r => r.Ratio, "0.00")}"));
        for (var i = 0; i < of[0].Steps.Count; i++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {of[0].Steps[i].Step}: {Cell(r => r.Steps[i].Cost.Nanoseconds, "0.0")} ns, {Cell(r => r.Steps[i].Cost.Bytes, "0.0")} B, {of[0].Steps[i].Times:0.000} times"));
    }
}
