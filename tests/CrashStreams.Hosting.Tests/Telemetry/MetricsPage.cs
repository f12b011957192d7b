using System.Diagnostics.Metrics;

namespace CrashStreams.Hosting.Tests.Telemetry;

/// <summary>The table of docs/metrics.md: what the code has, as a listener sees it.</summary>
internal static class MetricsPage
{
    private const string Begin = "<!-- metrics -->";
    private const string End = "<!-- /metrics -->";
    private const int TagsColumn = 3;

    public static string File { get; } = Path.Combine(Root(AppContext.BaseDirectory), "docs", "metrics.md");

    /// <summary>The metrics on the page.</summary>
    public static IEnumerable<(string Name, string Kind, string Unit)> Metrics => Rows(System.IO.File.ReadAllText(File)).Select(static row => (row.Key, row.Value[1], row.Value[2]));

    /// <summary>The page with a row per instrument; tags that were seen replace those that the page has.</summary>
    public static string With(string page, IEnumerable<Instrument> instruments, IReadOnlyDictionary<string, HashSet<string>> tags)
    {
        var before = Rows(page);
        var rows = instruments.DistinctBy(static i => i.Name).OrderBy(static i => i.Name, StringComparer.Ordinal).Select(i =>
        {
            var seen = tags.TryGetValue(i.Name, out var keys) ? string.Join(", ", keys.Order(StringComparer.Ordinal).Select(static k => $"`{k}`")) : before.GetValueOrDefault(i.Name)?[TagsColumn] ?? "?";
            return $"| `{i.Name}` | {Kind(i)} | {i.Unit} | {seen} | {i.Description} |";
        });
        var table = $"{Begin}\n| metric | kind | unit | tags | meaning |\n|---|---|---|---|---|\n{string.Join('\n', rows)}\n{End}";
        return page[..page.IndexOf(Begin, StringComparison.Ordinal)] + table + page[(page.IndexOf(End, StringComparison.Ordinal) + End.Length)..];
    }

    private static Dictionary<string, string[]> Rows(string page) => page[page.IndexOf(Begin, StringComparison.Ordinal)..page.IndexOf(End, StringComparison.Ordinal)].Split('\n')
        .Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(static cells => cells[0].Trim('`'));

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Histogram" => "histogram",
        "UpDownCounter" => "sum",
        "Counter" or "ObservableCounter" => "counter",
        var kind => kind == "ObservableGauge" ? "gauge" : throw new NotSupportedException(kind),
    };

    private static string Root(string folder) => System.IO.File.Exists(Path.Combine(folder, "CrashStreams.sln")) ? folder : Root(Path.GetDirectoryName(folder.TrimEnd('/'))!);
}
