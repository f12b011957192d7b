using CrashStreams.Log;

namespace CrashStreams.Kafka.Fetching;

/// <summary>One assigned partition: where it is read, who leads it, and how much of it waits. Guarded by the fetcher's lock.</summary>
internal sealed class PartitionFetch(TopicPartition partition, int index, PartitionTable.Progress progress)
{
    public TopicPartition Partition { get; } = partition;

    /// <summary>Its index in batches.</summary>
    public int Index { get; } = index;

    public PartitionTable.Progress Progress { get; } = progress;

    /// <summary>The offset to fetch next; <see cref="Native.Librdkafka.OffsetBeginning"/> until the log has said where it begins.</summary>
    public long NextFetch { get; private set; }

    /// <summary>Raised whenever what is under way is not wanted any more: after a seek, a pause, the end of the assignment.</summary>
    public int Generation { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>Reading stopped at an offset that the log does not hold, until a seek.</summary>
    public bool IsStopped { get; set; }

    /// <summary>A broker has called its offset out of range, once.</summary>
    public bool IsDoubted { get; set; }

    /// <summary>Whether reading is to start at the beginning, wherever that is by then.</summary>
    public bool IsFromBeginning { get; private set; }

    /// <summary>The broker that leads it, or -1.</summary>
    public int Leader { get; set; } = -1;

    public int LeaderEpoch { get; set; } = -1;

    /// <summary>Empty where brokers have no ids for topics.</summary>
    public Guid TopicId { get; set; }

    /// <summary>Since when nobody leads it, by <see cref="Environment.TickCount64"/>.</summary>
    public long LostSince { get; set; } = Environment.TickCount64;

    /// <summary>Not fetched before, by <see cref="Environment.TickCount64"/>.</summary>
    public long RetryAt { get; set; }

    /// <summary>Bytes fetched and not delivered.</summary>
    public int Waiting { get; set; }

    public void StartAt(long offset)
    {
        IsFromBeginning = offset < 0;
        IsStopped = IsDoubted = false;
        Progress.StartAt(Math.Max(PartitionTable.Unknown, offset));
        Refetch(offset);
    }

    /// <summary>Pausing drops what was fetched ahead: memory is for those that are read.</summary>
    public void Pause()
    {
        IsPaused = true;
        Refetch(Progress.Position >= 0 ? Progress.Position : NextFetch);
    }

    public void Resume() => IsPaused = false;

    public void Drop() => Generation++;

    public void Fetched(long next) => (NextFetch, IsDoubted) = (next, false);

    /// <summary>The log begins here.</summary>
    public void BeginsAt(long offset) => Progress.StartAt(NextFetch = offset);

    private void Refetch(long offset)
    {
        NextFetch = offset;
        Generation++;
    }
}
