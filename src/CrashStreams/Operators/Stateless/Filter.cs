using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Forwards the records that satisfy a predicate, unchanged.</summary>
internal sealed class Filter<TKey, TValue>(Func<TKey, TValue, bool> predicate) : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (predicate(record.Key, record.Value))
            Forward(in record);
    }
}
