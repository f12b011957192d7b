using System.Buffers;
using System.Runtime.InteropServices;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.CrashMonitor;

namespace CrashStreams.Benchmarks.Budget;

/// <summary>
/// What somebody would write who needs this one job and no engine: prefilter, event time, parse, count per user and window in a dictionary, and the alerts of each window once every partition has
/// passed it. Nothing is written to a log, nothing is stored, nothing can be restarted.
/// </summary>
internal sealed class HandWrittenLoop(int partitions)
{
    private const int Threshold = 2;
    private const long WindowMs = 10_000, GraceMs = 30_000;

    private readonly LogEntrySerde _serde = new();
    private readonly long[] _watermarks = new long[partitions];
    private readonly Dictionary<long, Dictionary<string, int>> _windows = [];
    private readonly Stack<Dictionary<string, int>> _free = new();
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private long _nextClose = long.MaxValue;

    /// <summary>Alerts that were serialized.</summary>
    public long Alerts { get; private set; }

    public void Run(ArenaBatch input)
    {
        input.Show(0, input.Total);
        for (var i = 0; i < input.Count; i++)
        {
            var record = input[i];
            if (!EventTime.TryRead(record.Value, TimestampUnit.EpochSeconds, out var timestampMs, out _))
                continue;
            if (timestampMs > _watermarks[record.PartitionIndex])
            {
                _watermarks[record.PartitionIndex] = timestampMs;
                if (timestampMs >= _nextClose)
                    Close();
            }

            if (CrashPrefilter.Passes(record.Value) && _serde.TryDeserialize(record.Value, out var entry, out _) && entry.IsSevereCrash)
                Count(entry, _watermarks[record.PartitionIndex]);
        }
    }

    private void Count(in LogEntry entry, long watermark)
    {
        var start = entry.TimestampMs / WindowMs * WindowMs;
        if (start + WindowMs + GraceMs <= watermark)
            return;
        if (!_windows.TryGetValue(start, out var counts))
        {
            _windows.Add(start, counts = _free.TryPop(out var free) ? free : []);
            _nextClose = Math.Min(_nextClose, start + WindowMs + GraceMs);
        }

        CollectionsMarshal.GetValueRefOrAddDefault(counts, entry.UserId, out _)++;
    }

    private void Close()
    {
        var clock = _watermarks.Min();
        foreach (var start in _windows.Keys.Where(start => start + WindowMs + GraceMs <= clock).Order().ToList())
        {
            _windows.Remove(start, out var counts);
            foreach (var (user, count) in counts!)
            {
                if (count > Threshold)
                    Emit(start, user, count);
            }

            counts.Clear();
            _free.Push(counts);
        }

        _nextClose = _windows.Keys.DefaultIfEmpty(long.MaxValue - WindowMs - GraceMs).Min() + WindowMs + GraceMs;
    }

    private void Emit(long start, string user, int count)
    {
        _output.ResetWrittenCount();
        CrashAlertSerde.Instance.Serialize(new(DateTimeOffset.FromUnixTimeMilliseconds(start), DateTimeOffset.FromUnixTimeMilliseconds(start + WindowMs), user, count), _output);
        Alerts++;
    }
}
