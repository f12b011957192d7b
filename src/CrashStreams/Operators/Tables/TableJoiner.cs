namespace CrashStreams.Operators;

/// <summary>How rows of two tables are joined.</summary>
/// <param name="keepsLeft">Whether a left row without a right one gives a result.</param>
/// <param name="keepsRight">Whether a right row without a left one gives a result.</param>
/// <param name="join">Called with what is there of the two; the flags say what is.</param>
internal sealed class TableJoiner<TKey, TLeft, TRight, TResult>(bool keepsLeft, bool keepsRight, Func<TKey, TLeft, bool, TRight, bool, TResult> join)
{
    public bool KeepsLeft => keepsLeft;

    public bool KeepsRight => keepsRight;

    public bool Joins(bool hasLeft, bool hasRight) => (hasLeft && hasRight) || (hasLeft && keepsLeft) || (hasRight && keepsRight);

    /// <summary>The same, from the right side.</summary>
    public TableJoiner<TKey, TRight, TLeft, TResult> Reversed() =>
        new(keepsRight, keepsLeft, (key, right, hasRight, left, hasLeft) => join(key, left, hasLeft, right, hasRight));

    public TResult Join(TKey key, TLeft left, bool hasLeft, TRight right, bool hasRight) => join(key, left, hasLeft, right, hasRight);
}
