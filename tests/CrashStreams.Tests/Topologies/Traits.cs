namespace CrashStreams.Tests.Topologies;

/// <summary>How much of a stream's contents is a function of the inputs, whatever the order in which partitions are drained.</summary>
internal enum Content
{
    /// <summary>The last value of each key.</summary>
    Last,

    /// <summary>The last value of each key, and how many records each has: updates of a fold.</summary>
    Counted,

    /// <summary>Every record.</summary>
    Exact,
}

/// <summary>What at-least-once promises of a stream when records are processed a second time.</summary>
internal enum Repeats
{
    /// <summary>Nothing that could be compared.</summary>
    Anything,

    /// <summary>Each key is there, with at least its value: sums, counts and maxima of repeated records.</summary>
    AtLeast,

    /// <summary>The same keys and values, some of them twice, the last one of a key last: a fold that keeps the latest value. Times may be later than they were the first time.</summary>
    Values,

    /// <summary>The same records, some of them twice.</summary>
    Same,
}

/// <summary>What holds of the records that flow along an edge. An operator may follow where the traits let its results be compared.</summary>
internal sealed record Traits
{
    /// <summary>The order within each partition is that of one source partition.</summary>
    public required bool IsOrdered { get; init; }

    /// <summary>A key is in one partition only.</summary>
    public required bool IsKeyed { get; init; }

    /// <summary>Event times, and the watermarks by which lateness is judged, are functions of the inputs: windows may follow.</summary>
    public bool IsTimed { get; init; } = true;

    public Content Content { get; init; } = Content.Exact;

    public Repeats Repeats { get; init; } = Repeats.Same;

    /// <summary>Whether the values of a key only rise, so that a threshold keeps the last of them.</summary>
    public bool IsRising { get; init; }

    /// <summary>Whether the key has changed since the last shuffle: grouping by key shuffles then.</summary>
    public bool IsRekeyed { get; init; }

    /// <summary>Shuffles in front, which each cost a hop.</summary>
    public int Shuffles { get; init; }

    /// <summary>Whether a row may stand for a group of rows that is empty, with 0: in another order the group may never have been there.</summary>
    public bool MayBeEmpty { get; init; }

    public bool IsExact => Content == Content.Exact;

    /// <summary>Whether a fold without a shuffle can be compared: its order is known, or all records of a key meet in one place.</summary>
    public bool CanFoldInPlace => IsCoPartitioned && (IsOrdered || IsKeyed);

    /// <summary>Whether everything that has come together has as many partitions: a store may follow.</summary>
    public bool IsCoPartitioned { get; init; } = true;

    public Traits Rekeyed() => this with { IsKeyed = false, IsRekeyed = true };

    public Traits Shuffled() => this with { IsOrdered = false, IsKeyed = true, IsRekeyed = false, IsCoPartitioned = true, Shuffles = Shuffles + 1 };

    /// <summary>Behind a fold: every update is forwarded.</summary>
    public Traits Folded() => this with
    {
        Content = IsOrdered ? Content : Content.Counted,
        IsTimed = IsOrdered && IsTimed,
        IsRising = true,
        Repeats = Repeats == Repeats.Anything ? Repeats.Anything : Repeats.AtLeast,
    };

    /// <summary>Of a table: its rows in the end are known, how they came about is not.</summary>
    public Traits Rows() => this with { IsOrdered = false, IsTimed = false, Content = Content.Last, IsRising = false, Repeats = Repeats.Anything };

    /// <summary>Behind something that lets a value through, or makes another of it.</summary>
    /// <param name="isMonotone">Whether a higher value never gives less.</param>
    public Traits Changed(bool isMonotone) => isMonotone ? this : this with { IsRising = false, Repeats = Repeats == Repeats.Same ? Repeats.Same : Repeats.Anything };
}
