using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// The right side of a join of two tables: an update meets what the other table holds, whatever was forwarded before. With nothing there on either side, before or now, nothing is forwarded.
/// </summary>
internal sealed class TableJoinRight<TKey, TLeft, TRight, TResult>(
    TableJoiner<TKey, TLeft, TRight, TResult> join, Func<IOperatorContext, TableReader<TKey, TLeft>> openOther)
    : Processor<TKey, Change<TRight>, TKey, Change<TResult>>
{
    private TableReader<TKey, TLeft> _other = null!;

    protected override void Init() => _other = openOther(Task);

    public override void Process(in Record<TKey, Change<TRight>> record)
    {
        var change = record.Value;
        var hasOther = _other.TryGet(record.Key, out var other, out var otherTime);
        if (!hasOther && (!join.KeepsRight || (!change.HasNow && !change.HasBefore)))
            return;
        var timestamp = hasOther ? Math.Max(record.Timestamp, otherTime) : record.Timestamp;
        var gives = change.HasNow || (hasOther && join.KeepsLeft);
        var gave = change.HasBefore || (hasOther && join.KeepsLeft);
        var now = gives ? join.Join(record.Key, other, hasOther, change.Now, change.HasNow) : default!;
        var before = gave ? join.Join(record.Key, other, hasOther, change.Before, change.HasBefore) : default!;
        Forward(new Record<TKey, Change<TResult>>(record.Key, new(now, gives, before, gave, change.IsLatest), timestamp, record.Headers));
    }
}
