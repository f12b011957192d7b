namespace CrashStreams.Broker.Groups.Consumer.Patterns;

/// <summary>A part of a pattern, as it was written.</summary>
internal abstract record PatternNode
{
    /// <summary>Nothing, which always matches.</summary>
    public static PatternNode Empty { get; } = new Sequence([]);

    /// <summary>One character of a set.</summary>
    public sealed record One(UInt128 Characters) : PatternNode;

    /// <summary>A place between characters.</summary>
    public sealed record At(PatternPlace Place) : PatternNode;

    public sealed record Sequence(List<PatternNode> Parts) : PatternNode;

    public sealed record Either(List<PatternNode> Branches) : PatternNode;

    /// <param name="Part">What is repeated.</param>
    /// <param name="Least">How often at least.</param>
    /// <param name="Most">How often at most; null: as often as it likes.</param>
    public sealed record Repeat(PatternNode Part, int Least, int? Most) : PatternNode;
}

/// <summary>What has to be true of a place between two characters.</summary>
internal enum PatternPlace : byte
{
    Start,
    End,
    WordBoundary,
    NoWordBoundary,
}
