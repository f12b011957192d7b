namespace CrashStreams.Broker.Groups;

/// <summary>A position that a group has committed for a partition.</summary>
/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the last record read, or -1.</param>
/// <param name="Metadata">The client's own text.</param>
/// <param name="CommitMs">When it was committed.</param>
/// <param name="ExpireMs">When the client wants it forgotten (OffsetCommit up to v4), or -1: by the broker's retention.</param>
internal sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommitMs, long ExpireMs = -1);
