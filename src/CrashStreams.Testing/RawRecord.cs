using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>A record in a topic of the test driver, in bytes.</summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="Key">The key's bytes, or null for none.</param>
/// <param name="Value">The value's bytes, or null for a tombstone.</param>
/// <param name="Timestamp">Milliseconds since the Unix epoch; -1 when the writer set none.</param>
/// <param name="Headers">Headers, or null for none.</param>
public sealed record RawRecord(int Partition, long Offset, byte[]? Key, byte[]? Value, long Timestamp, Headers? Headers);
