using BenchmarkDotNet.Attributes;
using CrashStreams.CrashMonitor;

namespace CrashStreams.Benchmarks;

/// <summary>
/// Per log line of some 165 bytes, as the load generator writes them: what it costs to turn a line down, and to read one that counts.
/// 1024 different lines in turn, so that branch prediction does not learn one of them by heart.
/// </summary>
[MemoryDiagnoser]
public class LogEntryBenchmarks
{
    private const int Lines = 1024;

    private readonly LogEntrySerde _serde = new();
    private byte[][] _harmless = [];
    private byte[][] _crashes = [];

    [GlobalSetup]
    public void Generate()
    {
        _harmless = Generate(matchingShare: 0, line => !CrashPrefilter.Passes(line));
        _crashes = Generate(matchingShare: 1, line => CrashPrefilter.Passes(line));
    }

    /// <summary>Prefilter and timestamp: all that the source does with a line that can't match.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public long Reject()
    {
        var sum = 0L;
        foreach (var line in _harmless)
        {
            if (!CrashPrefilter.Passes(line) && EventTime.TryRead(line, TimestampUnit.EpochSeconds, out var timestampMs, out _))
                sum += timestampMs;
        }

        return sum;
    }

    /// <summary>Prefilter, timestamp and full parse of a line that matches.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public long Accept()
    {
        var sum = 0L;
        foreach (var line in _crashes)
        {
            if (CrashPrefilter.Passes(line)
                && EventTime.TryRead(line, TimestampUnit.EpochSeconds, out var timestampMs, out _)
                && _serde.TryDeserialize(line, out var entry, out _)
                && entry.IsSevereCrash)
                sum += timestampMs;
        }

        return sum;
    }

    /// <summary>Full parse of a line that matches.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public long Parse()
    {
        var sum = 0L;
        foreach (var line in _crashes)
        {
            if (_serde.TryDeserialize(line, out var entry, out _))
                sum += entry.TimestampMs;
        }

        return sum;
    }

    /// <summary>The same by the platform's reader alone: what the quick way is measured against.</summary>
    [Benchmark(OperationsPerInvoke = Lines)]
    public long ParseByUtf8JsonReader()
    {
        var sum = 0L;
        foreach (var line in _crashes)
        {
            if (_serde.ReadAny(line, out var entry) is null)
                sum += entry.TimestampMs;
        }

        return sum;
    }

    private static byte[][] Generate(double matchingShare, Func<byte[], bool> wanted)
    {
        var generator = new LoadGenerator(new() { Count = long.MaxValue, MatchingShare = matchingShare, Start = DateTimeOffset.FromUnixTimeSeconds(1_768_142_570) }, 1);
        var lines = new List<byte[]>();
        while (lines.Count < Lines && generator.TryNext(out var record))
        {
            var line = record.Value.ToArray();
            if (wanted(line))
                lines.Add(line);
        }

        return [.. lines];
    }
}
