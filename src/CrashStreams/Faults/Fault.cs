namespace CrashStreams;

/// <summary>Where a fault lies.</summary>
public enum FaultKind
{
    /// <summary>A record's bytes are no value of the expected type.</summary>
    Deserialization,

    /// <summary>An operator (a user's function) threw.</summary>
    Processing,

    /// <summary>A result, or a changed entry of a store, can't be serialized, or its topic refuses it.</summary>
    Production,
}

/// <summary>What to do about a fault.</summary>
public enum FaultResponse
{
    /// <summary>Stop the application; its <c>Completion</c> carries the exception. The record is processed again after a restart.</summary>
    Fail,

    /// <summary>Count it by reason and go on with the next record.</summary>
    Skip,

    /// <summary>
    /// Write the original bytes, with headers that say where and why, to the dead-letter topic, count it and go on. What has no one input record (punctuation, closing
    /// windows, entries of stores) is only counted.
    /// </summary>
    DeadLetter,
}

/// <summary>Something that went wrong with one record.</summary>
/// <param name="Kind">Where the fault lies.</param>
/// <param name="Node">The node's name; the store's, for an entry that can't be written at a commit.</param>
/// <param name="Topic">The input record's topic, the changelog for an entry of a store; empty during punctuation.</param>
/// <param name="Partition">Its partition, or -1.</param>
/// <param name="Offset">Its offset, or -1.</param>
/// <param name="Reason">A short text; the tag under which it is counted.</param>
/// <param name="Exception">What was thrown, if anything was.</param>
public sealed record Fault(FaultKind Kind, string Node, string Topic, int Partition, long Offset, string Reason, Exception? Exception)
{
    /// <summary>One line for logs and exceptions.</summary>
    public override string ToString() => $"{Kind} fault at '{Node}' (topic {Topic}, partition {Partition}, offset {Offset}): {Reason}";
}
