using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Forwards a record to the first branch that takes it; the branches are the children, in order.</summary>
internal sealed class Branch<TKey, TValue>(IReadOnlyList<Func<TKey, TValue, bool>> predicates) : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        for (var i = 0; i < predicates.Count; i++)
        {
            if (!predicates[i](record.Key, record.Value))
                continue;
            ForwardTo(i, in record);
            return;
        }
    }
}
