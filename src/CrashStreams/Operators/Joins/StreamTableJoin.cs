using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Meets each record of a stream with the row that the table holds for its key at that moment. Only records of the stream give results. One without key in the table
/// or without value is dropped; a left join keeps those without key, unmatched (KIP-962).
/// </summary>
internal sealed class StreamTableJoin<TKey, TValue, TTableKey, TTableValue, TResult>(
    Func<TKey, TValue, TTableKey> keyOf, Func<TValue, Optional<TTableValue>, TResult> joiner, bool isLeft, Func<IOperatorContext, TableReader<TTableKey, TTableValue>> openTable)
    : Processor<TKey, TValue, TKey, TResult>
{
    private TableReader<TTableKey, TTableValue> _table = null!;

    protected override void Init() => _table = openTable(Task);

    public override void Process(in Record<TKey, TValue> record)
    {
        var key = record.HasValue ? keyOf(record.Key, record.Value) : default;
        var hasKey = record.HasValue && key is not null;
        if (!record.HasValue || (!hasKey && !isLeft))
        {
            Drop(DroppedRecords.NullJoinKeyOrValue);
            return;
        }

        var row = default(Optional<TTableValue>);
        if (hasKey && _table.TryGet(key!, out var value, out _))
            row = new(value, true);
        if (row.HasValue || isLeft)
            Forward(record.WithValue(joiner(record.Value, row)));
    }
}
