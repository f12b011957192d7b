namespace CrashStreams;

/// <summary>An update of a table: the value now and the one before; either may be missing.</summary>
/// <param name="now">The value.</param>
/// <param name="hasNow">Whether there is one.</param>
/// <param name="before">The value that it replaces.</param>
/// <param name="hasBefore">Whether there was one, as far as is known.</param>
/// <param name="isLatest">False for an update of a versioned table that is older than what the table holds of the key.</param>
internal readonly struct Change<TValue>(TValue now, bool hasNow, TValue before, bool hasBefore, bool isLatest = true)
{
    public TValue Now { get; } = now;

    public TValue Before { get; } = before;

    public bool HasNow { get; } = hasNow && now is not null;

    public bool HasBefore { get; } = hasBefore && before is not null;

    public bool IsLatest { get; } = isLatest;
}
