namespace CrashStreams.Broker;

/// <summary>A record as it lies in a partition.</summary>
/// <param name="Offset">Its place in the partition.</param>
/// <param name="Timestamp">Its timestamp, in ms since 1970.</param>
/// <param name="Key">Its key, or null.</param>
/// <param name="Value">Its value, or null for a tombstone.</param>
public sealed record StoredRecord(long Offset, long Timestamp, byte[]? Key, byte[]? Value);
