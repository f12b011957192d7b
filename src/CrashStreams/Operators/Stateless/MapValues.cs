using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Makes another value of each record; the key stays.</summary>
internal sealed class MapValues<TKey, TValue, TNewValue>(Func<TKey, TValue, TNewValue> map) : Processor<TKey, TValue, TKey, TNewValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        Forward(record.WithValue(map(record.Key, record.Value)));
    }
}
