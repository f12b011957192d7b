namespace CrashStreams;

/// <summary>An update of a table: the value now and the one before; either may be missing.</summary>
internal readonly struct Change<TValue>(TValue now, bool hasNow, TValue before, bool hasBefore)
{
    public TValue Now { get; } = now;
    public TValue Before { get; } = before;
    public bool HasNow { get; } = hasNow && now is not null;
    public bool HasBefore { get; } = hasBefore && before is not null;
}
