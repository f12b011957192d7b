using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Makes results of answers. One to a left value that has changed since is out of date: the answer to the later one follows, or was first. Where a row asks for nothing any more no later one follows,
/// and whatever comes tells that its result has to go.
/// </summary>
internal sealed class ResponseResolver<TKey, TValue, TOtherKey, TOther, TResult>(
    Func<IOperatorContext, TableReader<TKey, TValue>> openLeft, Func<TKey, TValue, TOtherKey?> foreignKey, Serde<TValue> valueSerde, bool keepsLeft,
    Func<TKey, TValue, Optional<TOther>, TResult> join)
    : Processor<TKey, SubscriptionResponse<TOther>, TKey, TResult>
{
    private readonly ByteBuffer _value = new();
    private TableReader<TKey, TValue> _left = null!;

    protected override void Init() => _left = openLeft(Task);

    public override void Process(in Record<TKey, SubscriptionResponse<TOther>> record)
    {
        var response = record.Value;
        var exists = _left.TryGet(record.Key, out var left, out _);
        var mayHaveResult = exists && (keepsLeft || foreignKey(record.Key, left) is not null);
        if ((mayHaveResult || keepsLeft) && response.ValueHash != (exists ? HashOf(left) : null))
        {
            Drop(DroppedRecords.StaleResponse);
            return;
        }

        // What comes back was on its way while the clock went on: its result is judged by what downstream tasks may have been told.
        Task.Clock.RecordWatermark = Math.Max(Task.Clock.RecordWatermark, Task.Clock.Watermark);
        if (mayHaveResult && (response.HasValue || keepsLeft))
            Forward(record.WithValue(join(record.Key, left, new(response.Value, response.HasValue))));
        else
            Forward(record.WithoutValue<TResult>());
    }

    private UInt128? HashOf(TValue value)
    {
        _value.Clear();
        valueSerde.Serialize(value, _value);
        return Murmur3.Hash(_value.Written);
    }
}
