using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Runtime;

/// <summary>One partition that a task reads.</summary>
internal sealed class InputPartition(StreamTask task, TopicPartition partition, ISourceProcessor source, InputClock clock)
{
    public StreamTask Task => task;

    public TopicPartition Partition => partition;

    public ISourceProcessor Source => source;

    public InputClock Clock => clock;

    /// <summary>The offset after the last processed record; -1 before the first.</summary>
    public long NextOffset { get; set; } = -1;

    public string CommittedMetadata { get; set; } = "";

    public long CommittedOffset { get; set; } = -1;

    /// <summary>Records that wait for their turn among several inputs; a task with one input never fills it.</summary>
    public RecordBuffer Buffer { get; } = new();
}
