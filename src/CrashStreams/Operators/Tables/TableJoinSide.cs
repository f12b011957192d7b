using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// One side of a join of two tables: an update meets what the other table holds, whatever was forwarded before. With nothing there on either side, before or now, nothing is forwarded.
/// </summary>
/// <param name="join">How rows are joined, from this side.</param>
/// <param name="openOther">Reads the other table.</param>
/// <param name="haveCommonTable">
/// Whether both tables are made of one: an update of that has changed the other table by now, so what the result was is known behind this side alone, by the Watermarks clock.
/// </param>
internal sealed class TableJoinSide<TKey, TThis, TOther, TResult>(
    TableJoiner<TKey, TThis, TOther, TResult> join, Func<IOperatorContext, TableReader<TKey, TOther>> openOther, bool haveCommonTable)
    : Processor<TKey, Change<TThis>, TKey, Change<TResult>>
{
    private TableReader<TKey, TOther> _other = null!;
    private bool _knowsBefore;

    protected override void Init()
    {
        _other = openOther(Task);
        _knowsBefore = !haveCommonTable || Task.Clock.Mode == StreamTime.Observed;
    }

    public override void Process(in Record<TKey, Change<TThis>> record)
    {
        var change = record.Value;
        var hasOther = _other.TryGet(record.Key, out var other, out var otherTime);
        if (_knowsBefore && !hasOther && (!join.KeepsLeft || (!change.HasNow && !change.HasBefore)))
            return;
        var timestamp = hasOther ? Math.Max(record.Timestamp, otherTime) : record.Timestamp;
        var gives = join.Joins(change.HasNow, hasOther);
        var gave = _knowsBefore && join.Joins(change.HasBefore, hasOther);
        var now = gives ? join.Join(record.Key, change.Now, change.HasNow, other, hasOther) : default!;
        var before = gave ? join.Join(record.Key, change.Before, change.HasBefore, other, hasOther) : default!;
        Forward(new Record<TKey, Change<TResult>>(record.Key, new(now, gives, before, gave, change.IsLatest), timestamp, record.Headers));
    }
}
