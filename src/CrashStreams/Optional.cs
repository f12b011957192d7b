namespace CrashStreams;

/// <summary>
/// A value that may be missing: one side of a left or outer join. For types that have null, <see cref="Value"/> is null then; for value types <see cref="HasValue"/> tells,
/// and <see cref="Or"/> gives a value in its place.
/// </summary>
public readonly struct Optional<T>
{
    internal Optional(T value, bool hasValue)
    {
        Value = hasValue ? value : default;
        HasValue = hasValue && value is not null;
    }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>The value; the type's default when it is missing.</summary>
    public T? Value { get; }

    /// <summary>The value, or another in place of a missing one.</summary>
    public T Or(T other) => HasValue ? Value! : other;

    /// <summary>The value as text; empty when it is missing.</summary>
    public override string ToString() => HasValue ? $"{Value}" : "";
}
