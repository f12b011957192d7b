using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Processing;
using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>Writes records to a topic. To a repartition topic a record takes along the time by which its lateness is judged, when that is not its own.</summary>
internal sealed class SinkProcessor<TKey, TValue> : Receiver<TKey, TValue>
{
    private readonly string? _topic;
    private readonly Func<TKey, TValue, string>? _chooseTopic;
    private readonly RecordSerde<TKey> _keys;
    private readonly RecordSerde<TValue> _values;
    private readonly bool _serdesAskForContext;
    private readonly Func<TKey, TValue, int, int>? _partitioner;
    private readonly bool _isRepartition;
    private readonly bool _carriesWatermark;
    private readonly bool _keepsPosition;
    private readonly IOperatorContext _task;
    private readonly IRecordWriter _output;
    private readonly ByteBuffer _key = new();
    private readonly ByteBuffer _value = new();

    public SinkProcessor(
        IOperatorContext task, string? topic, Func<TKey, TValue, string>? chooseTopic, Produced<TKey, TValue> produced, bool isRepartition, bool keepsPosition)
    {
        NodeName = task.Node;
        _topic = topic;
        _chooseTopic = chooseTopic;
        _keys = new(produced.KeySerde!, isKey: true);
        _values = new(produced.ValueSerde!, isKey: false);
        _serdesAskForContext = _keys.AsksForContext || _values.AsksForContext;
        _partitioner = produced.Partitioner;
        _task = task;
        _output = task.Output;
        _isRepartition = isRepartition;
        _keepsPosition = keepsPosition;
        _carriesWatermark = isRepartition && _task.Clock.Mode == StreamTime.Watermarks;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown && (_chooseTopic ?? (object?)_partitioner) is not null)
        {
            _task.Drop(DroppedRecords.AbsentValue);
            return;
        }

        var topic = _topic ?? ChooseTopic(in record);
        var headers = _serdesAskForContext ? HeadersForSerdes(topic, record.Headers) : record.Headers;
        if (!TrySerialize(in record))
            return;
        if (headers is { Count: 0 })
            headers = null;
        var readAt = _carriesWatermark && (_keepsPosition || _task.Clock.RecordWatermark != record.Timestamp) ? ReadAtHeader(_task.Current, _task.Clock.RecordWatermark) : null;
        if (_task.Current.Activity is { } activity)
            headers = RecordTrace.Put(headers, activity);
        try
        {
            var written = new LogRecord { Key = _key.Written, HasKey = record.HasKey, Value = _value.Written, HasValue = record.HasValue, Timestamp = record.Timestamp, Headers = headers };
            if (_isRepartition)
                _output.Shuffle(topic, PartitionOf(topic, in record), in written, readAt);
            else
                _output.Send(topic, PartitionOf(topic, in record), in written);
        }
        // Without its repartition topic the application can't go on, whatever is to be done about single results.
        catch (LogException e) when (FaultPolicy.IsRefusal(e) && !(_isRepartition && e.MissingTopic is not null))
        {
            _task.Fault(FaultKind.Production, FaultPolicy.NotProduced, e);
        }
    }

    private string ChooseTopic(in Record<TKey, TValue> record) => _chooseTopic!(record.Key, record.Value) is { Length: > 0 } topic
        ? topic
        : throw new InvalidOperationException($"The function that chooses the topic of '{NodeName}' named none.");

    // A copy: other records may share them, and serdes may add to those that are written.
    private Headers HeadersForSerdes(string topic, Headers? headers)
    {
        var copy = headers?.Copy() ?? new Headers();
        _keys.At(topic, copy);
        _values.At(topic, copy);
        return copy;
    }

    private bool TrySerialize(in Record<TKey, TValue> record)
    {
        _key.Clear();
        _value.Clear();
        try
        {
            if (record.HasKey)
                _keys.Bound.Serialize(record.Key, _key);
            if (record.HasValue)
                _values.Bound.Serialize(record.Value, _value);
            return true;
        }
        // A schema registry that is away says nothing about the record.
        catch (Exception e) when (e is not OutOfMemoryException and not LogException)
        {
            _task.Fault(FaultKind.Production, FaultPolicy.NotSerialized, e);
            return false;
        }
    }

    private int PartitionOf(string topic, in Record<TKey, TValue> record)
    {
        var count = _output.PartitionCount(topic);
        if (_partitioner is not null)
            return CustomPartition(topic, in record, count);
        return record.HasKey ? Murmur2.Partition(_keys.Bound.PartitionedBy(_key.Written), count) : ILogProducer.AnyPartition;
    }

    private int CustomPartition(string topic, in Record<TKey, TValue> record, int count)
    {
        var partition = _partitioner!(record.Key, record.Value, count);
        return (uint)partition < (uint)count
            ? partition
            : throw new InvalidOperationException($"The partitioner of '{NodeName}' chose partition {partition} of topic '{topic}', which has {count}: answer 0 to {count - 1}.");
    }

    // Through a second shuffle it goes on as it came.
    private static byte[] ReadAtHeader(RecordInProcess current, long watermark) =>
        !current.HasSeveralSources && current.ReadAt is { } carried && ReadAt.Watermark(carried) == watermark && ReadAt.IsUnordered(carried) == current.IsUnordered
            ? carried
            : ReadAt.Encode(watermark, current.Source, current.IsUnordered);
}
