namespace CrashStreams;

/// <summary>The clock that closes windows and decides what is late.</summary>
public enum StreamTime
{
    /// <summary>
    /// Each source partition has a watermark, the maximum event time read from it. Windows close when the minimum over all upstream partitions
    /// has passed them, carried across repartition topics; a record is late only against its own partition. A backlog gives the same results as live.
    /// </summary>
    Watermarks,

    /// <summary>Kafka Streams' rule: each operator's maximum timestamp so far, whatever partition it came from.</summary>
    Observed,
}
