namespace CrashStreams;

/// <summary>How records travel through an application's repartition topics.</summary>
public enum ShuffleFormat
{
    /// <summary>Many in one record: what a thread writes to a partition within some milliseconds, up to 16 KB. Only an application of this library reads it.</summary>
    Packed,

    /// <summary>Each as a record of its own, as Kafka Streams writes and reads them.</summary>
    Plain,
}
