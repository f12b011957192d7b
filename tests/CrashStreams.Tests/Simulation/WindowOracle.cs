namespace CrashStreams.Tests.Simulation;

/// <summary>A record as an aggregation meets it, with the watermark of its own partition when it was read.</summary>
internal readonly record struct Judged(string Key, long Timestamp, long ReadAt, long Weight);

/// <summary>
/// The rule, as simply as it can be said: a record is late for its window when the watermark of its own partition has reached the window's end and grace;
/// all others count. When the input has ended, the windows that the furthest partition has passed are final.
/// </summary>
internal sealed class WindowOracle
{
    private readonly Dictionary<(string Key, long StartMs), Row> _rows = [];

    public WindowOracle(IEnumerable<Judged> records, long sizeMs, long graceMs, long furthestMs)
    {
        foreach (var record in records)
        {
            var start = record.Timestamp / sizeMs * sizeMs;
            if (start + sizeMs + graceMs <= record.ReadAt)
            {
                Late.Add((record.Key, record.Timestamp));
                continue;
            }

            var row = _rows.GetValueOrDefault((record.Key, start), new(record.Key, start, 0, long.MinValue));
            _rows[(record.Key, start)] = row with { Count = row.Count + record.Weight, Timestamp = Math.Max(row.Timestamp, record.Timestamp) };
        }

        Final = _rows.Values.Where(r => r.StartMs + sizeMs + graceMs <= furthestMs).ToList();
    }

    /// <summary>Every window's count, closed or not.</summary>
    public IReadOnlyDictionary<(string Key, long StartMs), Row> All => _rows;

    public List<Row> Final { get; }

    /// <summary>The windows that are not final: no store may have lost anything of them.</summary>
    public IEnumerable<Row> Open => _rows.Values.Except(Final);

    public List<(string Key, long Timestamp)> Late { get; } = [];

    /// <summary>Source records in the order of their partitions, each judged by its partition's maximum so far.</summary>
    public static (List<Judged> Records, long FurthestMs) Read(IReadOnlyList<SourceRecord> source)
    {
        var watermarks = new Dictionary<int, long>();
        var judged = new List<Judged>();
        foreach (var record in source)
        {
            var watermark = watermarks[record.Partition] = Math.Max(watermarks.GetValueOrDefault(record.Partition, long.MinValue), record.Timestamp);
            if (record.IsCrash)
                judged.Add(new(record.User, record.Timestamp, watermark, 1));
        }

        return (judged, watermarks.Values.Append(long.MinValue).Max());
    }
}
