using System.Globalization;

namespace CrashStreams.Conformance.Tests;

/// <summary>How many cases pass, how many of them by a rule, and how many there are; told per topology and, when all have run, for all of them.</summary>
public sealed class Tally : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>A topology's cases.</summary>
    /// <param name="topology">Its name.</param>
    /// <param name="cases">Of each case how it went: <c>passed</c>, <c>failed</c>, <c>differs by rule N</c>.</param>
    public void Add(string topology, IReadOnlyList<string> cases)
    {
        var counts = cases.CountBy(static c => c).ToDictionary();
        Console.WriteLine($"{topology}: {Text(counts)}");
        lock (_lock)
        {
            foreach (var (how, count) in counts)
                _counts[how] = _counts.GetValueOrDefault(how) + count;
        }
    }

    public void Dispose()
    {
        if (_counts.Count > 0)
            Console.WriteLine($"Conformance: {Text(_counts)}");
    }

    private static string Text(Dictionary<string, int> counts) => string.Create(CultureInfo.InvariantCulture,
        $"{counts.GetValueOrDefault("passed")} passed{string.Concat(counts.Where(static c => c.Key != "passed").OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => $" / {c.Value} {c.Key}"))} / {counts.Values.Sum()}");
}
