namespace CrashStreams.Operators;

/// <summary>Reads a join of two tables that has no store.</summary>
internal sealed class JoinedReader<TKey, TLeft, TRight, TResult>(
    TableReader<TKey, TLeft> left, TableReader<TKey, TRight> right, TableJoiner<TKey, TLeft, TRight, TResult> join) : TableReader<TKey, TResult>
{
    public override bool TryGet(TKey key, out TResult value, out long timestamp)
    {
        var hasLeft = left.TryGet(key, out var leftValue, out var leftTime);
        var hasRight = right.TryGet(key, out var rightValue, out var rightTime);
        timestamp = Math.Max(hasLeft ? leftTime : -1, hasRight ? rightTime : -1);
        var isThere = join.Joins(hasLeft, hasRight);
        value = isThere ? join.Join(key, leftValue, hasLeft, rightValue, hasRight) : default!;
        return isThere && value is not null;
    }
}
