using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Gives each record another key.</summary>
internal sealed class SelectKey<TKey, TValue, TNewKey>(Func<TKey, TValue, TNewKey> selector) : Processor<TKey, TValue, TNewKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        Forward(record.WithKey(selector(record.Key, record.Value)));
    }
}
