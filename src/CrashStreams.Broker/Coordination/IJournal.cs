namespace CrashStreams.Broker.Coordination;

/// <summary>
/// The internal topic in which a coordinator keeps what must survive a crash: keyed, compacted, replayed from the start.
/// </summary>
internal interface IJournal
{
    /// <summary>
    /// Appends the entries as one batch: after a crash either all of them are there or none. When it returns true they are as durable as the
    /// broker's flush option promises; when false (disk full, storage error) nothing was appended.
    /// </summary>
    bool TryAppend(ReadOnlySpan<JournalEntry> entries);
}

/// <summary>One keyed record of a journal; a null value is a tombstone.</summary>
internal readonly record struct JournalEntry(byte[] Key, byte[]? Value);
