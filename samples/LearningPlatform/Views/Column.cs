namespace CrashStreams.Samples.Learning.Views;

/// <summary>What a column holds, in rows (<see cref="ViewRow.Values"/>) and in Parquet.</summary>
internal enum ColumnType
{
    /// <summary><see cref="DateTimeOffset"/>; a timestamp in milliseconds, UTC.</summary>
    Timestamp,

    /// <summary><see cref="string"/>.</summary>
    Text,

    /// <summary><see cref="long"/>.</summary>
    Int64,

    /// <summary><see cref="decimal"/>: a sum, or one of the values that came; nine decimals.</summary>
    Number,

    /// <summary><see cref="decimal"/>: a rate or an average; six decimals.</summary>
    Rate,

    /// <summary><see cref="bool"/>.</summary>
    Boolean,
}

/// <summary>A column of a view.</summary>
/// <param name="Name">In snake case.</param>
/// <param name="Type">What it holds.</param>
/// <param name="IsNullable">Whether it may hold null: an average or a rate over nothing.</param>
internal sealed record Column(string Name, ColumnType Type, bool IsNullable = false)
{
    public const int NumberDecimals = 9;
    public const int RateDecimals = 6;
}
