using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>What a measure does with the events of a window and group.</summary>
internal enum MeasureKind
{
    /// <summary>How many events, or those that meet a condition.</summary>
    Count,

    /// <summary>How many different users.</summary>
    Users,

    /// <summary>The sum of a number.</summary>
    Sum,

    /// <summary>The average of a number; null of nothing.</summary>
    Mean,

    /// <summary>The lowest number; null of nothing.</summary>
    Min,

    /// <summary>The highest number; null of nothing.</summary>
    Max,

    /// <summary>One measure of the view divided by another; null when that is zero.</summary>
    Ratio,

    /// <summary>A measure of the view divided by the window's minutes.</summary>
    PerMinute,

    /// <summary>Whether a measure of the view has reached a number.</summary>
    AtLeast,
}

/// <summary>A column that is calculated from the events of a window and group. Make one by the methods of this class.</summary>
internal sealed class Measure
{
    private Measure(MeasureKind kind, string name, ColumnType type, bool isNullable = false) => (Kind, Column) = (kind, new(name, type, isNullable));

    public MeasureKind Kind { get; }

    public Column Column { get; }

    /// <summary>Of Count: which events; null: all of the view.</summary>
    public Func<LearningEvent, bool>? When { get; private init; }

    /// <summary>Of Sum, Mean, Min and Max: the number; null in an event that has none.</summary>
    public Func<LearningEvent, decimal?>? Number { get; private init; }

    /// <summary>Of Ratio, PerMinute and AtLeast: the measure that is looked at.</summary>
    public string Of { get; private init; } = "";

    /// <summary>Of Ratio: the measure that is divided by.</summary>
    public string By { get; private init; } = "";

    /// <summary>Of AtLeast.</summary>
    public long Least { get; private init; }

    public static Measure Count(string name, Func<LearningEvent, bool>? when = null) => new(MeasureKind.Count, name, ColumnType.Int64) { When = when };

    public static Measure Users(string name) => new(MeasureKind.Users, name, ColumnType.Int64);

    public static Measure Sum(string name, Func<LearningEvent, decimal?> number) => new(MeasureKind.Sum, name, ColumnType.Number) { Number = number };

    public static Measure Mean(string name, Func<LearningEvent, decimal?> number) => new(MeasureKind.Mean, name, ColumnType.Rate, isNullable: true) { Number = number };

    public static Measure Min(string name, Func<LearningEvent, decimal?> number) => new(MeasureKind.Min, name, ColumnType.Number, isNullable: true) { Number = number };

    public static Measure Max(string name, Func<LearningEvent, decimal?> number) => new(MeasureKind.Max, name, ColumnType.Number, isNullable: true) { Number = number };

    public static Measure Ratio(string name, string of, string by) => new(MeasureKind.Ratio, name, ColumnType.Rate, isNullable: true) { Of = of, By = by };

    public static Measure PerMinute(string name, string of) => new(MeasureKind.PerMinute, name, ColumnType.Rate) { Of = of };

    public static Measure AtLeast(string name, string of, long least) => new(MeasureKind.AtLeast, name, ColumnType.Boolean) { Of = of, Least = least };
}
