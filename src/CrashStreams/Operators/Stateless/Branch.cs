using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Forwards a record to the first branch that takes it; the branches are the children, in order.</summary>
/// <param name="predicates">One per branch.</param>
/// <param name="defaultBranch">The one that takes everything, or -1.</param>
internal sealed class Branch<TKey, TValue>(IReadOnlyList<Func<TKey, TValue, bool>> predicates, int defaultBranch) : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        for (var i = 0; i < predicates.Count; i++)
        {
            // A tombstone that no predicate can judge belongs to whoever takes the rest.
            if (record.ValueCannotBeShown ? i != defaultBranch : !predicates[i](record.Key, record.Value))
                continue;
            ForwardTo(i, in record);
            return;
        }

        if (record.ValueCannotBeShown)
            Drop(DroppedRecords.AbsentValue);
    }
}
