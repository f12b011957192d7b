namespace CrashStreams.Samples.Load;

/// <summary>An event that a generator has made.</summary>
/// <param name="DueMs">When it is sent, milliseconds after the first.</param>
/// <param name="Topic">Where.</param>
/// <param name="Key">Its key, which chooses the partition; null: events go round the partitions.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct GeneratedEvent(double DueMs, string Topic, byte[]? Key, byte[]? Value);
