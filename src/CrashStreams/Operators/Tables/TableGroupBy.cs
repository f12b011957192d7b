using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Turns the updates of a table into those of groups: what a row was leaves its old group, what it is enters its new one. Where the group stays the same both travel in
/// one record. A group key or value that is null is skipped. Updates of a versioned table that are older than what it holds change no group (KIP-914).
/// </summary>
internal sealed class TableGroupBy<TKey, TValue, TGroup, TNewValue>(Func<TKey, TValue, (TGroup Key, TNewValue Value)> selector, Serde<TGroup> groupSerde)
    : Processor<TKey, Change<TValue>, TGroup, Change<TNewValue>>
{
    private readonly KeyComparison<TGroup> _groups = new(groupSerde);

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        if (!change.IsLatest)
            return;
        var (oldGroup, oldValue) = change.HasBefore ? selector(record.Key, change.Before) : default;
        var (newGroup, newValue) = change.HasNow ? selector(record.Key, change.Now) : default;
        var hasOld = change.HasBefore && oldGroup is not null && oldValue is not null;
        var hasNew = change.HasNow && newGroup is not null && newValue is not null;
        if (hasOld && hasNew && _groups.AreEqual(oldGroup, newGroup))
        {
            Forward(record.WithKey(newGroup).WithValue(new Change<TNewValue>(newValue, true, oldValue, true)));
            return;
        }

        if (hasOld)
            Forward(record.WithKey(oldGroup).WithValue(new Change<TNewValue>(default!, false, oldValue, true)));
        if (hasNew)
            Forward(record.WithKey(newGroup).WithValue(new Change<TNewValue>(newValue, true, default!, false)));
    }
}
