using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Processing;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>A source of a task, whatever its types. A class, not an interface: tasks of several types in turn make an interface's call a search for the type.</summary>
internal abstract class SourceProcessor
{
    /// <summary>The source node's name.</summary>
    public abstract string Node { get; }

    public abstract bool IsRepartition { get; }

    /// <summary>Reads a record's event time and turns it over to the operators.</summary>
    public abstract void Process(in LogRecord record, InputClock clock);

    /// <summary>The event time by which a buffered record waits for its turn; negative when it can't be told.</summary>
    public abstract long TimestampOf(in LogRecord record);
}

/// <summary>Bytes in, records out: prefilter, event time, deserialization.</summary>
internal sealed class SourceProcessor<TKey, TValue>(
    IOperatorContext task, Consumed<TKey, TValue> consumed, bool isRepartition, Receiver<TKey, TValue>[] children) : SourceProcessor
{
    private const string BadKey = "bad-key: ";

    private readonly IOperatorContext _task = task;
    private readonly TaskClock _clock = task.Clock;
    private readonly RecordInProcess _current = task.Current;
    private readonly RecordSerde<TKey> _keys = new(consumed.KeySerde!, isKey: true);
    private readonly RecordSerde<TValue> _values = new(consumed.ValueSerde!, isKey: false);
    private readonly BytesPredicate? _prefilter = consumed.Prefilter;
    private readonly TimestampExtractor<TKey, TValue>? _timestamps = consumed.TimestampExtractor;
    private readonly bool _timeIsInBytes = consumed.TimestampExtractor?.ReadsBytes ?? true;
    private readonly bool _usesWatermarks = task.Options.Time.Clock == StreamTime.Watermarks;
    private readonly long _maxFutureMs = (long)task.Options.Time.MaxFuture.TotalMilliseconds;
    private readonly Receiver<TKey, TValue>? _only = children.Length == 1 ? children[0] : null;

    public override string Node => _task.Node;

    public override bool IsRepartition => isRepartition;

    public override void Process(in LogRecord record, InputClock clock)
    {
        _current.IsFromSource = !isRepartition;
        // The time is read from the bytes where it can be: then every record with a readable time moves the watermark, even one that
        // is rejected or malformed, and the clock is a function of the log alone.
        var timestamp = _timeIsInBytes ? TimeInBytes(in record) : -1;
        if (timestamp >= 0 && !Observe(timestamp, in record, clock))
            return;
        if (timestamp >= 0 && _prefilter is not null && !_prefilter(in record))
            return;
        if (!TryDeserialize(in record, out var key, out var value))
            return;
        if (timestamp < 0)
        {
            timestamp = ReadTime(key, value, in record);
            if (timestamp < 0)
            {
                _task.Drop(DroppedRecords.NegativeTimestamp);
                return;
            }

            if (!Observe(timestamp, in record, clock))
                return;
        }

        if (!isRepartition && record.Headers is not null)
            _current.Headers = ReadAt.WithoutOurs(record.Headers);
        Forward(new Record<TKey, TValue>(key, record.HasKey, value, record.HasValue, timestamp, _current.Headers));
    }

    public override long TimestampOf(in LogRecord record)
    {
        try
        {
            if (_timeIsInBytes)
                return TimeInBytes(in record);
            TKey key = default!;
            TValue value = default!;
            if (record.HasKey && !_keys.Bound.TryDeserialize(record.Key, out key, out _))
                return -1;
            return record.HasValue && !_values.Bound.TryDeserialize(record.Value, out value, out _) ? -1 : ReadTime(key, value, in record);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Its turn comes at once, and what is wrong with it is handled then.
            return -1;
        }
    }

    private long TimeInBytes(in LogRecord record) => _timestamps is null ? record.Timestamp : _timestamps.Read(default!, default!, in record);

    // An absent value of a value type can't be shown to the extractor.
    private long ReadTime(TKey key, TValue value, in LogRecord record) =>
        _timestamps is null ? -1 : default(TValue) is not null && !record.HasValue ? record.Timestamp : _timestamps.Read(key, value, in record);

    /// <summary>Moves the clocks. False when the record is too far in the future to be believed.</summary>
    private bool Observe(long timestamp, in LogRecord record, InputClock clock)
    {
        if (timestamp > EventTime.Max && IsFromTheFuture(timestamp))
            return false;
        if (!_usesWatermarks)
        {
            _clock.Observe(timestamp, timestamp);
            return true;
        }

        if (clock is not SourceClock source)
        {
            var headers = record.Headers;
            var readAt = ReadAt.Take(ref headers);
            _clock.Observe(timestamp, readAt is null ? timestamp : ReadAt.Watermark(readAt));
            _current.ReadAt = readAt;
            _current.Headers = headers;
            return true;
        }

        if (timestamp > source.Watermark && IsFromTheFuture(timestamp))
            return false;
        _clock.Observe(timestamp, source.Observe(timestamp));
        return true;
    }

    private bool IsFromTheFuture(long timestamp)
    {
        if (timestamp - _clock.LastWallClock <= _maxFutureMs)
            return false;
        _task.Late(DroppedRecords.Future, timestamp, timestamp - _clock.LastWallClock, null);
        return true;
    }

    private bool TryDeserialize(in LogRecord record, out TKey key, out TValue value)
    {
        value = default!;
        key = default!;
        _keys.At(_current.Topic, record.Headers);
        _values.At(_current.Topic, record.Headers);
        if (record.HasKey && !_keys.Bound.TryDeserialize(record.Key, out key, out var badKey))
        {
            _task.Fault(FaultKind.Deserialization, BadKey + badKey, null);
            return false;
        }

        if (!record.HasValue || _values.Bound.TryDeserialize(record.Value, out value, out var badValue))
            return true;
        _task.Fault(FaultKind.Deserialization, badValue ?? "bad-value", null);
        return false;
    }

    private void Forward(in Record<TKey, TValue> record)
    {
        if (_only is not null)
        {
            _only.Take(in record);
            return;
        }

        foreach (var child in children)
            child.Take(in record);
    }
}
