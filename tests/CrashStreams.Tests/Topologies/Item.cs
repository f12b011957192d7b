using System.Globalization;

namespace CrashStreams.Tests.Topologies;

/// <summary>Where a record of the ideal run was read from a source topic, as far as the record can tell.</summary>
/// <param name="Source">Topic, partition and offset; null: it is the result of a window, or cannot tell any more.</param>
/// <param name="HasBytes">Whether it was read by the task in which it is; results of windows that close were not, until they have gone through a shuffle.</param>
internal readonly record struct Origin((string Topic, int Partition, long Offset)? Source, bool HasBytes);

/// <summary>A record in the ideal run.</summary>
/// <param name="Key">The key, or null for none.</param>
/// <param name="Value">A number as text, or null for a tombstone.</param>
/// <param name="TimeMs">Event time.</param>
/// <param name="ReadAtMs">The tick at which it appears: the highest event time of its partition so far.</param>
/// <param name="Origin">Where it comes from.</param>
internal readonly record struct Item(string? Key, string? Value, long TimeMs, long ReadAtMs, Origin Origin)
{
    /// <summary>Where it, or the record that made it, stands in a source partition, for operators that look at the order; null: the result of a window.</summary>
    public (string Topic, int Partition, long Offset)? Position { get; init; }

    /// <summary>Whether it is the result of a call: its place among those of one source record is its content's.</summary>
    public bool IsUnordered { get; init; }

    /// <summary>Of a windowed table's row.</summary>
    public Window? Window { get; init; }

    /// <summary>Of a grouped table: the row leaves its group.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>The result of a window that late records have corrected.</summary>
    public bool IsCorrection { get; init; }

    public long Number => Parse(Value);

    /// <summary>The number that a value stands for; a tombstone counts as nothing.</summary>
    public static long Parse(string? value) => value is null ? 0 : long.Parse(value, CultureInfo.InvariantCulture);

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public Item With(long number) => this with { Value = Text(number) };
}
