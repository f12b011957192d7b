namespace CrashStreams.Log;

/// <summary>The log could not do what was asked. The message says what, where, and what to do.</summary>
public class LogException(string message, Exception? inner = null) : CrashStreamsException(message, inner)
{
    /// <summary>The client is unusable from now on and must be replaced.</summary>
    public bool IsFatal { get; init; }

    /// <summary>
    /// Another instance has taken over, or the broker has lost track of this one: its partitions, its transactional id or its sequence of records are not its
    /// own any more.
    /// </summary>
    public bool IsFenced { get; init; }

    /// <summary>The same call may succeed later (a broker is away, a coordinator moves).</summary>
    public bool IsRetriable { get; init; }

    /// <summary>The partition whose log does not hold the offset to read next (deleted, or a topic made anew); it is read on after a seek.</summary>
    public TopicPartition? OutOfRange { get; init; }

    /// <summary>The topic to write to that does not exist, also after the time that brokers take to hear of a new one.</summary>
    public string? MissingTopic { get; init; }

    /// <summary>The records that were not written, when a producer's records failed; else empty.</summary>
    public IReadOnlyList<FailedRecord> Failed { get; init; } = [];
}

/// <summary>A record that was not written.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Partition">Its partition, or -1.</param>
/// <param name="Reason">The client's text.</param>
public readonly record struct FailedRecord(string Topic, int Partition, string Reason)
{
    /// <summary>Whether the broker refused it, and others with it, for what they are; else it got lost on the way.</summary>
    public LogRefusal Refusal { get; init; }
}

/// <summary>What a broker refuses.</summary>
public enum LogRefusal
{
    /// <summary>Nothing: the record did not reach the log for another reason.</summary>
    None,

    /// <summary>A batch, for at least one of its records (too large, a time that the topic does not take, no key, a policy of the cluster).</summary>
    Records,

    /// <summary>Everything that is written to the topic (no permission, an illegal name).</summary>
    Topic,
}
