using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// The left side of a join of two tables: an update meets what the other table holds, whatever was forwarded before. With nothing there on either side, before or now, nothing is forwarded.
/// </summary>
internal sealed class TableJoinLeft<TKey, TLeft, TRight, TResult>(
    TableJoiner<TKey, TLeft, TRight, TResult> join, Func<IOperatorContext, TableReader<TKey, TRight>> openOther)
    : Processor<TKey, Change<TLeft>, TKey, Change<TResult>>
{
    private TableReader<TKey, TRight> _other = null!;

    protected override void Init() => _other = openOther(Task);

    public override void Process(in Record<TKey, Change<TLeft>> record)
    {
        var change = record.Value;
        var hasOther = _other.TryGet(record.Key, out var other, out var otherTime);
        if (!hasOther && (!join.KeepsLeft || (!change.HasNow && !change.HasBefore)))
            return;
        var timestamp = hasOther ? Math.Max(record.Timestamp, otherTime) : record.Timestamp;
        var gives = change.HasNow || (hasOther && join.KeepsRight);
        var gave = change.HasBefore || (hasOther && join.KeepsRight);
        var now = gives ? join.Join(record.Key, change.Now, change.HasNow, other, hasOther) : default!;
        var before = gave ? join.Join(record.Key, change.Before, change.HasBefore, other, hasOther) : default!;
        Forward(new Record<TKey, Change<TResult>>(record.Key, new(now, gives, before, gave, change.IsLatest), timestamp, record.Headers));
    }
}
