using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Looks at each record whose value can be shown, and lets all pass.</summary>
internal sealed class Peek<TKey, TValue>(Action<TKey, TValue> action) : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.ValueCannotBeShown)
            action(record.Key, record.Value);
        Forward(in record);
    }
}
