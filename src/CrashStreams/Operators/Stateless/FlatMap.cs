using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Makes any number of records of each. A tombstone whose absent value can't be shown has no new key: it is dropped, counted.</summary>
internal sealed class FlatMap<TKey, TValue, TNewKey, TNewValue>(Func<TKey, TValue, IEnumerable<(TNewKey Key, TNewValue Value)>> map) : Processor<TKey, TValue, TNewKey, TNewValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown)
        {
            Drop(DroppedRecords.AbsentValue);
            return;
        }

        foreach (var (key, value) in map(record.Key, record.Value) ?? throw new InvalidOperationException("The function returned null: return an empty sequence for no records."))
            Forward(new Record<TNewKey, TNewValue>(key, value, record.Timestamp, record.Headers));
    }
}
