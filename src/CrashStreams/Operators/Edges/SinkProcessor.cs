using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Processing;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>Writes records to a topic. To a repartition topic a record takes along the time by which its lateness is judged, when that is not its own.</summary>
internal sealed class SinkProcessor<TKey, TValue> : Receiver<TKey, TValue>
{
    private readonly string? _topic;
    private readonly Func<TKey, TValue, string>? _chooseTopic;
    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;
    private readonly bool _isRepartition;
    private readonly bool _carriesWatermark;
    private readonly IOperatorContext _task;
    private readonly IRecordWriter _output;

    public SinkProcessor(
        IOperatorContext task, string? topic, Func<TKey, TValue, string>? chooseTopic, Produced<TKey, TValue> produced, bool isRepartition)
    {
        NodeName = task.Node;
        _topic = topic;
        _chooseTopic = chooseTopic;
        _keySerde = produced.KeySerde!;
        _valueSerde = produced.ValueSerde!;
        _task = task;
        _output = task.Output;
        _isRepartition = isRepartition;
        _carriesWatermark = isRepartition && _task.Clock.Mode == StreamTime.Watermarks;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        var headers = record.Headers;
        if (_carriesWatermark && _task.Clock.RecordWatermark != record.Timestamp)
            headers = ReadAt.Put(headers, ReadAtHeader(_task.Current, _task.Clock.RecordWatermark));
        try
        {
            _output.Send(_topic ?? _chooseTopic!(record.Key, record.Value), _keySerde, _valueSerde, in record, headers);
        }
        // Without its repartition topic the application can't go on, whatever is to be done about single results.
        catch (LogException e) when (e is { IsFatal: false, IsFenced: false, IsRetriable: false } && !(_isRepartition && e.MissingTopic is not null))
        {
            _task.Fault(FaultKind.Production, "not-produced", e);
        }
    }

    // Through a second shuffle it goes on as it came.
    private static byte[] ReadAtHeader(RecordInProcess current, long watermark) =>
        current.ReadAt is { } carried && ReadAt.Watermark(carried) == watermark ? carried : ReadAt.Encode(watermark, current.Source);
}
