using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Makes any number of values of each record's; the key stays. An absent value that can't be shown to the mapper stays absent.</summary>
internal sealed class FlatMapValues<TKey, TValue, TNewValue>(Func<TValue, IEnumerable<TNewValue>> map) : Processor<TKey, TValue, TKey, TNewValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.ValueCannotBeShown)
        {
            Forward(record.WithoutValue<TNewValue>());
            return;
        }

        foreach (var value in map(record.Value) ?? throw new InvalidOperationException("The function returned null: return an empty sequence for no values."))
            Forward(record.WithValue(value));
    }
}
