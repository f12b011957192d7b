using System.Buffers;
using System.Runtime.InteropServices;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.CrashMonitor;

namespace CrashStreams.Benchmarks.Budget;

/// <summary>
/// The steps of a line's way, each in a loop of its own, again and again over lines that stay in the processor's cache. That a line comes from memory is a step too. Their sum is what the job
/// costs at least; what the engine takes beyond it is its own.
/// </summary>
internal sealed class Steps
{
    private const int Threshold = 2, CachedLines = 2_048, CacheLine = 64;
    private const long WindowMs = 10_000;

    private readonly int _lines;
    private readonly ArenaBatch _input;
    private readonly LogEntrySerde _serde = new();
    private readonly UserIdSerde _users = new();
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private readonly List<int> _passing = [];
    private readonly List<LogEntry> _entries = [];
    private readonly List<CrashAlert> _alerts = [];
    private readonly Dictionary<(long Start, string User), int> _counts = [];
    private readonly double _alertShare;

    public Steps(ArenaBatch input, int lines)
    {
        (_input, _lines) = (input, lines);
        input.Show(0, lines);
        var all = new Dictionary<(long Start, string User), int>();
        for (var i = 0; i < lines; i++)
        {
            if (!CrashPrefilter.Passes(input[i].Value) || !_serde.TryDeserialize(input[i].Value, out var entry, out _) || !entry.IsSevereCrash)
                continue;
            CollectionsMarshal.GetValueRefOrAddDefault(all, (entry.TimestampMs / WindowMs * WindowMs, entry.UserId), out _)++;
            if (i >= CachedLines)
                continue;
            _passing.Add(i);
            _entries.Add(entry);
        }

        foreach (var ((start, user), count) in all.Where(static c => c.Value > Threshold))
            _alerts.Add(new(DateTimeOffset.FromUnixTimeMilliseconds(start), DateTimeOffset.FromUnixTimeMilliseconds(start + WindowMs), user, count));
        _alertShare = (double)_alerts.Count / lines;
        _alerts.RemoveRange(Math.Min(CachedLines, _alerts.Count), Math.Max(0, _alerts.Count - CachedLines));
    }

    /// <summary>What the loops have come to: something, or they did nothing.</summary>
    public long Sum { get; private set; }

    /// <summary>Each with how often it runs per line.</summary>
    public IReadOnlyList<(string Name, double Share, Action Run)> All =>
    [
        ("the line comes from memory", 1, Touch),
        ("prefilter", 1, () => Repeat(CachedLines, 1, Prefilter)),
        ("event time", 1, () => Repeat(CachedLines, 1, ReadEventTime)),
        ("parse", Share, () => Repeat(_passing.Count, Share, Parse)),
        ("shuffle: write and read the user", Share, () => Repeat(_entries.Count, Share, Shuffle)),
        ("count", Share, () => Repeat(_entries.Count, Share, Count)),
        ("emit: serialize the alert", _alertShare, () => Repeat(_alerts.Count, _alertShare, Emit)),
    ];

    private double Share => (double)_entries.Count / CachedLines;

    // As often as all lines together would have it.
    private void Repeat(int times, double share, Action run)
    {
        for (var done = 0.0; times > 0 && done < _lines * share; done += times)
            run();
    }

    private void Touch()
    {
        for (var i = 0; i < _lines; i++)
        {
            var line = _input[i].Value;
            for (var at = 0; at < line.Length; at += CacheLine)
                Sum += line[at];
        }
    }

    private void Prefilter()
    {
        for (var i = 0; i < CachedLines; i++)
            Sum += CrashPrefilter.Passes(_input[i].Value) ? 1 : 0;
    }

    private void ReadEventTime()
    {
        for (var i = 0; i < CachedLines; i++)
            Sum += EventTime.TryRead(_input[i].Value, TimestampUnit.EpochSeconds, out var timestampMs, out _) ? timestampMs & 1 : 0;
    }

    private void Parse()
    {
        foreach (var i in _passing)
            Sum += _serde.TryDeserialize(_input[i].Value, out var entry, out _) ? entry.TimestampMs & 1 : 0;
    }

    private void Shuffle()
    {
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(_entries))
        {
            _output.ResetWrittenCount();
            _users.Serialize(entry.UserId, _output);
            Sum += _users.Deserialize(_output.WrittenSpan).Length;
        }
    }

    private void Count()
    {
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(_entries))
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (entry.TimestampMs / WindowMs * WindowMs, entry.UserId), out _)++;
    }

    private void Emit()
    {
        foreach (var alert in _alerts)
        {
            _output.ResetWrittenCount();
            CrashAlertSerde.Instance.Serialize(alert, _output);
            Sum += _output.WrittenCount;
        }
    }
}
