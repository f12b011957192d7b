using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Makes another value of each record; the key stays. An absent value that can't be shown to the mapper stays absent.</summary>
internal sealed class MapValues<TKey, TValue, TNewValue>(Func<TKey, TValue, TNewValue> map) : Processor<TKey, TValue, TKey, TNewValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown)
            Forward(record.WithoutValue<TNewValue>());
        else
            Forward(record.WithValue(map(record.Key, record.Value)));
    }
}
