using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>A view: which events, in which groups and windows, and what is calculated of them.</summary>
/// <param name="Job">The job, which says the topic.</param>
/// <param name="Name">Of the view and of its folder.</param>
/// <param name="Window">The windows.</param>
/// <param name="Measures">What is calculated, in the order of the columns.</param>
internal sealed record View(Job Job, string Name, ViewWindow Window, params IReadOnlyList<Measure> Measures)
{
    /// <summary>The types of the events; empty: all of the topic, also those that nobody knows.</summary>
    public IReadOnlyList<EventType> Of { get; init; } = [];

    /// <summary>Which of those events; null: all.</summary>
    public Func<LearningEvent, bool>? Where { get; init; }

    /// <summary>Joins events first; the view's events are the joined rows then.</summary>
    public ViewJoin? Join { get; init; }

    /// <summary>The columns that make a group, and where they come from; an event without one of them is in no group. Empty: all events are one group.</summary>
    public IReadOnlyList<(string Column, Func<LearningEvent, string?> Value)> Per { get; init; } = [];

    /// <summary>Only so many groups of each window, those with the highest first measure, numbered in the column <c>rank</c>, ties by the group in the order of code points; zero: all.</summary>
    public int Ranks { get; init; }

    /// <summary>All columns, window_start and window_end first.</summary>
    public IReadOnlyList<Column> Columns => field ??=
    [
        new("window_start", ColumnType.Timestamp),
        new("window_end", ColumnType.Timestamp),
        .. Ranks > 0 ? [new Column("rank", ColumnType.Int64)] : Array.Empty<Column>(),
        .. Per.Select(part => new Column(part.Column, ColumnType.Text)),
        .. Measures.Select(measure => measure.Column),
    ];

    /// <summary>How long after its end a window's rows may still change, but for late events: until the partners of its last event may have come.</summary>
    public TimeSpan Waits => Join is { Kind: JoinKind.Left } join ? join.Within : TimeSpan.Zero;

    // A view is itself only.
    public bool Equals(View? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}
