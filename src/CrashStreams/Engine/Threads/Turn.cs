using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// What the steps of a thread's turn tell each other. A turn is over after <see cref="TurnPace.SliceMs"/>, or when a commit is due; what is left of the poll's batch then is
/// for the next turns, which poll again when it is done.
/// </summary>
/// <param name="pace">Says when the turn is over.</param>
internal sealed class Turn(TurnPace pace)
{
    public TurnPace Pace => pace;

    /// <summary>The wall clock when the turn began to process, milliseconds.</summary>
    public long NowMs { get; set; }

    /// <summary>What the last poll brought.</summary>
    public LogBatch? Batch { get; set; }

    /// <summary>The index of the first record of the batch that was not taken yet.</summary>
    public int Next { get; set; }

    /// <summary>When the batch was polled, milliseconds.</summary>
    public long PolledAtMs { get; set; }

    public bool IsBatchDone => Batch is null || Next >= Batch.Count;

    /// <summary>Where the last record that was taken comes from, for messages.</summary>
    public string LastTaken => Batch is { } batch && Next > 0 && Next <= batch.Count ? $"{batch.Partitions[batch[Next - 1].PartitionIndex]} at offset {batch[Next - 1].Offset}" : "a turn";

    /// <summary>Whether there were records to take in this turn.</summary>
    public bool HasRecords { get; set; }

    /// <summary>Whether all tasks that run have read their inputs to the ends that the broker last told.</summary>
    public bool IsCaughtUp { get; set; }

    /// <summary>Whether there was anything to do.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Whether somebody asked for a commit.</summary>
    public bool IsCommitRequested { get; set; }

    /// <summary>Whether tasks have records that they could process: the next poll does not wait.</summary>
    public bool HasMore { get; set; }
}
