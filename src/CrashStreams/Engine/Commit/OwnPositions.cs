using System.Collections.Concurrent;
using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// The positions that this instance has committed or found, by partition, for the case that another member of the group commits its own over them. The application's threads share
/// it: a partition may come back to another than the one that had it.
/// </summary>
internal sealed class OwnPositions
{
    private readonly ConcurrentDictionary<TopicPartition, OffsetAndMetadata> _positions = [];

    /// <summary>Remembers a position that was committed, or that may be trusted though it is not the application's.</summary>
    public void Remember(in TopicPartition partition, in OffsetAndMetadata position) => _positions[partition] = position;

    public OffsetAndMetadata? Find(in TopicPartition partition) => _positions.TryGetValue(partition, out var position) ? position : null;

    /// <summary>Another instance has it now and goes on from what is committed: what this one remembers gets old.</summary>
    public void Forget(in TopicPartition partition) => _positions.TryRemove(partition, out _);
}
