using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>Whose time puts a joined row into its window, and whose group it is in.</summary>
internal enum JoinKind
{
    /// <summary>Pairs only, in the window of the right event.</summary>
    Inner,

    /// <summary>Pairs, and left events that have no partner, in the window of the left event.</summary>
    Left,
}

/// <summary>Events of a topic joined with later ones of the same id. Of several partners each pair is a row.</summary>
/// <param name="Kind">Which rows there are.</param>
/// <param name="Left">The earlier events.</param>
/// <param name="Right">The later events.</param>
/// <param name="On">The id of either.</param>
/// <param name="Within">How much later the right event may be, inclusive.</param>
internal sealed record ViewJoin(JoinKind Kind, Func<LearningEvent, bool> Left, Func<LearningEvent, bool> Right, Func<LearningEvent, string?> On, TimeSpan Within);
