using System.Globalization;
using System.Text;
using CrashStreams.Benchmarks.Budget;
using CrashStreams.Suite.EndToEnd;
using CrashStreams.Suite.Latency;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.Reporting;

/// <summary>
/// Writes <c>report.md</c> and <c>budget.md</c> with their charts from the results in <c>results</c>: <c>e2e-*.json</c>, <c>latency-*.json</c>, <c>budget-*.json</c>. A text beside a result, of the
/// same name and <c>.md</c>, says what limits it.
/// </summary>
internal sealed class Report
{
    private readonly string _folder;
    private readonly StringBuilder _text = new();
    private readonly List<Target> _targets = [];

    private Report(string folder) => _folder = folder;

    public static void Write(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "charts"));
        var report = new Report(folder);
        foreach (var path in report.Results("e2e"))
            report.Add(path, ResultFile<VariantResult>.Read(path));
        foreach (var path in report.Results("latency"))
            report.Add(path, ResultFile<LatencyResult>.Read(path));
        foreach (var path in report.Results("budget"))
            report.Add(ResultFile<BudgetResult>.Read(path), path);
        report.Save("report.md", report.Whole());
    }

    private IEnumerable<string> Results(string kind) => Directory.GetFiles(Path.Combine(_folder, "results"), $"{kind}-*.json").Order(StringComparer.Ordinal);

    private void Add(string path, ResultFile<VariantResult> file)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var first = file.Results[0];
        Begin($"Drain of {first.Records / 1e6:0.##} M lines: {name}", file.Run);
        if (name.Contains("kafka", StringComparison.Ordinal))
            _targets.AddRange(Target.Of(file.Results));
        _text.AppendLine(CultureInfo.InvariantCulture, $"Medians of {file.Results.Max(static r => r.Round)} rounds (lowest-highest); each client has its turn in each round, and its alerts are compared with those that the input requires.\n");
        _text.AppendLine(EndToEndTable.Of(file.Results));
        var variants = file.Results.Select(static r => r.Variant).Distinct().ToList();
        Chart($"{name}-rate", chart => Charts.Bars(chart, "Rate of a drain", "M records/s", [.. variants.Select(v => (v, Spread.Of(file.Results.Where(r => r.Variant == v).Select(static r => r.RecordsPerSecond / 1e6))))]));
        Chart($"{name}-cost", chart => Charts.Bars(chart, "Processor time of the client", "CPU s per million lines", [.. variants.Select(v => (v, Spread.Of(file.Results.Where(r => r.Variant == v).Select(static r => r.ClientProcessorSeconds / r.Records * 1e6))))]));
        Limits(path);
    }

    private void Add(string path, ResultFile<LatencyResult> file)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        Begin($"Delays at a steady rate: {name}", file.Run);
        _targets.AddRange(Target.Of(file.Results));
        _text.AppendLine("| case | guarantee | records/s | results | p50, ms | p90 | p99 | p99.9 | longest |\n|---|---|---|---|---|---|---|---|---|");
        foreach (var result in file.Results)
            _text.AppendLine(LatencyRun.Row(result));
        _text.AppendLine();
        foreach (var of in file.Results.GroupBy(static r => r.Case))
            Chart($"{name}-{of.Key.Replace(' ', '-')}", chart => Charts.Distribution(chart, $"{of.Key}: results that are there within a time after they are due", [.. of]));
        Limits(path);
    }

    private void Add(ResultFile<BudgetResult> file, string path)
    {
        _targets.AddRange(Target.Of(file.Results));
        Save("budget.md", Budget.Page(file, Notes(path)));
    }

    private void Begin(string title, RunInfo run) => _text.AppendLine(CultureInfo.InvariantCulture, $"## {title}\n\n{Of(run)}\n");

    private void Chart(string name, Action<string> draw)
    {
        draw(Path.Combine(_folder, "charts", $"{name}.svg"));
        _text.AppendLine(CultureInfo.InvariantCulture, $"![{name.Replace('-', ' ')}](charts/{name}.svg)\n");
    }

    private void Limits(string path)
    {
        if (Notes(path) is { Length: > 0 } notes)
            _text.AppendLine(CultureInfo.InvariantCulture, $"{notes}\n");
    }

    private static string Notes(string path) => Path.ChangeExtension(path, ".md") is var notes && File.Exists(notes) ? File.ReadAllText(notes).Trim() : "";

    private string Whole()
    {
        var text = new StringBuilder("""
            # Performance report

            Written by `./build.sh bench report` from the results in [results](results), which hold every single measurement. [Budget](budget.md): what each step of the hot path costs.

            | target | goal | found | |
            |---|---|---|---|

            """);
        foreach (var target in _targets)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {target.What} | {target.Goal} | {target.Found} | {(target.IsMet ? "met" : "**missed**")} |");
        text.AppendLine().Append(_text);
        if (File.Exists(Path.Combine(_folder, "charts", "profile.svg")))
            text.AppendLine("## Profile of the main job\n\nWhere the processor time of a drain goes, all threads (a box is a function, as wide as its share, above who calls it):\n\n![flame graph](charts/profile.svg)\n").AppendLine(Notes(Path.Combine(_folder, "results", "profile.md")));
        return text.ToString();
    }

    public static string Of(RunInfo run) => string.Create(
        CultureInfo.InvariantCulture,
        $"`{run.Command}` at {run.Commit}, {run.Date:yyyy-MM-dd HH:mm} UTC: {run.Processor}, {run.Cores} cores, {run.MemoryGigabytes:0} GB, {run.OperatingSystem}, {run.Runtime}; load average when it began {run.LoadBefore:0.0}{(run.LoadBefore > 1 ? ": a busy machine, on which only ratios within the run mean something" : "")}.");

    private void Save(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text.ReplaceLineEndings("\n").TrimEnd() + "\n");
        Console.WriteLine(path);
    }
}
