using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Gives each record another key. A tombstone whose absent value can't be shown has no new key: it is dropped, counted.</summary>
internal sealed class SelectKey<TKey, TValue, TNewKey>(Func<TKey, TValue, TNewKey> selector) : Processor<TKey, TValue, TNewKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown)
        {
            Drop(DroppedRecords.AbsentValue);
            return;
        }

        Forward(record.WithKey(selector(record.Key, record.Value)));
    }
}
