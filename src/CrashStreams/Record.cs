using System.Diagnostics.CodeAnalysis;
using CrashStreams.Log;

namespace CrashStreams;

/// <summary>
/// A record on its way through a topology. Key and value may be missing: a missing value is a tombstone. For a value type a missing one
/// reads as its default; <see cref="HasKey"/> and <see cref="HasValue"/> tell. Functions of the value (mappers, predicates, folds) are called with null where the
/// type has it, as in Kafka Streams, and not at all where it has none: an absent <c>long</c> stays absent. A missing key of a value type is shown to them as its default.
/// </summary>
public readonly struct Record<TKey, TValue>
{
    // Inverted, so that the default of the flags means "there is one".
    private readonly bool _noKey;
    private readonly bool _noValue;

    /// <summary>Makes a record.</summary>
    /// <param name="key">The key; null for none.</param>
    /// <param name="value">The value; null for a tombstone.</param>
    /// <param name="timestamp">Event time, milliseconds since the Unix epoch.</param>
    /// <param name="headers">Headers, or null for none.</param>
    public Record(TKey key, TValue value, long timestamp, Headers? headers = null)
    {
        Key = key;
        Value = value;
        Timestamp = timestamp;
        Headers = headers;
    }

    internal Record(TKey key, bool hasKey, TValue value, bool hasValue, long timestamp, Headers? headers)
        : this(key, value, timestamp, headers)
    {
        _noKey = !hasKey;
        _noValue = !hasValue;
    }

    /// <summary>The key.</summary>
    public TKey Key { get; }

    /// <summary>The value.</summary>
    public TValue Value { get; }

    /// <summary>Event time, milliseconds since the Unix epoch.</summary>
    public long Timestamp { get; }

    /// <summary>Headers, or null when there are none.</summary>
    public Headers? Headers { get; }

    /// <summary>Whether there is a key.</summary>
    public bool HasKey => !_noKey && Key is not null;

    /// <summary>Whether there is a value; false for a tombstone.</summary>
    public bool HasValue => !_noValue && Value is not null;

    /// <summary>Whether the value is missing and its type has no null: functions of the value are not called for such a record, because they would take the default for a value.</summary>
    internal bool ValueCannotBeShown => default(TValue) is not null && _noValue;

    /// <summary>The same record with another key.</summary>
    public Record<TNewKey, TValue> WithKey<TNewKey>(TNewKey key) => new(key, true, Value, !_noValue, Timestamp, Headers);

    /// <summary>The same record with another value.</summary>
    public Record<TKey, TNewValue> WithValue<TNewValue>(TNewValue value) => new(Key, !_noKey, value, true, Timestamp, Headers);

    /// <summary>The same record without its value: a tombstone of its key, for value types too.</summary>
    public Record<TKey, TNewValue> WithoutValue<TNewValue>() => new(Key, !_noKey, default!, false, Timestamp, Headers);

    /// <summary>The same record without its value: a tombstone of its key, for value types too.</summary>
    public Record<TKey, TValue> WithoutValue() => WithoutValue<TValue>();

    /// <summary>The same record with another timestamp.</summary>
    public Record<TKey, TValue> WithTimestamp(long timestamp) => new(Key, !_noKey, Value, !_noValue, timestamp, Headers);

    /// <summary>The same record with other headers.</summary>
    public Record<TKey, TValue> WithHeaders(Headers? headers) => new(Key, !_noKey, Value, !_noValue, Timestamp, headers);

    /// <summary>For logs: key, value and time.</summary>
    [ExcludeFromCodeCoverage]
    public override string ToString() => $"{(HasKey ? Key : "-")}: {(HasValue ? Value : "-")} @{Timestamp}";
}
