using System.Globalization;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Faults;

/// <summary>
/// Writes the record in process to a side topic (dead letters, late records): byte for byte, with headers that say where it was and why it is there. Those make it larger than
/// its source, so what does not fit any more is cut: first the value, then the key, last the source's own headers. A time that the side topic does not take is
/// replaced by the nearest one that it takes. Both are said in headers.
/// </summary>
internal static class SideTopic
{
    public const string TruncatedHeader = "cs-truncated";
    public const string TruncatedKeyHeader = "cs-truncated-key";
    public const string DroppedHeadersHeader = "cs-dropped-headers";
    public const string TimestampHeader = "cs-timestamp";

    // For the numbers in the headers above, and what the client adds.
    private const int Margin = 256;

    /// <exception cref="ProcessingException">The side topic does not take it: missing, not permitted.</exception>
    public static void Send(IRecordScope task, string topic, string reason, string node, Headers extra)
    {
        var current = task.Current;
        var original = current.Bytes;
        var own = new Headers()
            .Add(FaultPolicy.ReasonHeader, reason)
            .Add("cs-node", node)
            .Add("cs-topic", current.Topic)
            .Add("cs-partition", Text(current.Partition))
            .Add("cs-offset", Text(current.Offset));
        foreach (var (key, value) in extra)
            own.Add(key, value);
        try
        {
            var output = task.Output;
            // Cut or not, a key's records stay together.
            var partition = original.HasKey ? Murmur2.Partition(original.Key, output.PartitionCount(topic)) : ILogProducer.AnyPartition;
            var timestamp = output.FitTime(topic, original.Timestamp);
            if (timestamp != original.Timestamp)
                own.Add(TimestampHeader, Text(original.Timestamp));
            output.Send(topic, partition, Fit(in original, timestamp, own, output.MaxRecordBytes(topic)));
        }
        catch (LogException e) when (FaultPolicy.IsRefusal(e))
        {
            throw new ProcessingException(
                $"Side topic '{topic}' does not take the record of {current} that '{node}' has set aside ({reason}): {e.Message.TrimEnd('.')}. Create the topic or permit the application to write it, or choose another {nameof(FaultResponse)}.", e);
        }
    }

    private static LogRecord Fit(in LogRecord original, long timestamp, Headers own, long most)
    {
        var key = original.Key;
        var value = original.Value;
        var source = WithoutOurs(original.Headers);
        var excess = RecordSize.OfBatch(Record(in original, key, value, timestamp, Join(source, own))) - most;
        if (excess <= 0)
            return Record(in original, key, value, timestamp, Join(source, own));
        excess += Margin;
        var cut = (int)Math.Min(excess, value.Length);
        if (cut > 0)
            own.Add(TruncatedHeader, Text(value.Length));
        value = value[..^cut];
        excess -= cut;
        cut = (int)Math.Min(Math.Max(0, excess), key.Length);
        if (cut > 0)
            own.Add(TruncatedKeyHeader, Text(key.Length));
        key = key[..^cut];
        if (excess - cut > 0 && source is not null)
        {
            own.Add(DroppedHeadersHeader, Text(source.Count));
            source = null;
        }

        return Record(in original, key, value, timestamp, Join(source, own));
    }

    private static LogRecord Record(in LogRecord original, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp, Headers headers) => new()
    {
        Key = key, HasKey = original.HasKey, Value = value, HasValue = original.HasValue, Timestamp = timestamp, Headers = headers,
    };

    private static Headers? WithoutOurs(Headers? source)
    {
        var copy = source?.Copy();
        copy?.Remove(ReadAt.Header);
        return copy;
    }

    private static Headers Join(Headers? source, Headers own)
    {
        var all = source?.Copy() ?? new Headers();
        foreach (var (key, value) in own)
            all.Add(key, value);
        return all;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
