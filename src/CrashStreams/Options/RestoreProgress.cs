using CrashStreams.Log;

namespace CrashStreams;

/// <summary>How far the restore of one store of one task has come; reported when it begins, after each batch, and when it is complete or given up.</summary>
/// <param name="Task">The task.</param>
/// <param name="Store">The store's name.</param>
/// <param name="Changelog">What it is restored from.</param>
/// <param name="StartOffset">Where the restore began: the position of the local state, or the changelog's first offset.</param>
/// <param name="NextOffset">The next offset to restore.</param>
/// <param name="EndOffset">Where it ends.</param>
/// <param name="Records">Records restored so far.</param>
public sealed record RestoreProgress(TaskId Task, string Store, TopicPartition Changelog, long StartOffset, long NextOffset, long EndOffset, long Records)
{
    /// <summary>Offsets that are left.</summary>
    public long Remaining => Math.Max(0, EndOffset - NextOffset);

    /// <summary>Whether nothing is left.</summary>
    public bool IsComplete => Remaining == 0;

    /// <summary>Whether the restore ended before that: the task moved to another instance, or the thread ends.</summary>
    public bool IsGivenUp { get; init; }
}
