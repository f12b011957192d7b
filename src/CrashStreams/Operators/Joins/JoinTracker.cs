namespace CrashStreams.Operators;

/// <summary>What both sides of a stream-stream join share in a task: with the Observed clock Kafka Streams' bookkeeping of unmatched records.</summary>
internal sealed class JoinTracker
{
    /// <summary>The highest time of either side; dropped records count too.</summary>
    public long StreamTime { get; set; } = -1;

    /// <summary>The lowest time of an unmatched record that waits, or of the last one that the last emission looked at.</summary>
    public long MinTime { get; set; } = long.MaxValue;

    /// <summary>The instant of the Watermarks clock that one side has come to, and the other perhaps not.</summary>
    public long ClosingTime { get; set; } = long.MinValue;

    /// <summary>The wall clock before which no emission is tried.</summary>
    public long NextTryMs { get; set; }
}
