namespace CrashStreams;

/// <summary>Which records are read that were written in transactions.</summary>
public enum IsolationLevel
{
    /// <summary>Those of committed transactions; an open one holds up what is behind it until it ends.</summary>
    ReadCommitted,

    /// <summary>All, also those of transactions that are still open or were aborted.</summary>
    ReadUncommitted,
}
