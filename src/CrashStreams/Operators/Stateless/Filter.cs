using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Forwards the records that satisfy a predicate, unchanged. A tombstone whose absent value can't be shown to the predicate passes: whoever got the value before is to get
/// its removal too, and one too many does no harm.
/// </summary>
internal sealed class Filter<TKey, TValue>(Func<TKey, TValue, bool> predicate) : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown || predicate(record.Key, record.Value))
            Forward(in record);
    }
}
