using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>One partition that a task reads.</summary>
internal sealed class InputPartition(StreamTask task, TopicPartition partition, ISourceProcessor source, InputClock clock)
{
    private long _watermark = TaskClock.Unknown;
    private bool _isIdle;

    public StreamTask Task => task;

    public TopicPartition Partition => partition;

    public ISourceProcessor Source => source;

    public InputClock Clock => clock;

    /// <summary>The clock as of the last turn, for collectors of metrics, whose threads must not touch the clock itself.</summary>
    public (long Watermark, bool IsIdle) Published => (Volatile.Read(ref _watermark), Volatile.Read(ref _isIdle));

    /// <summary>The offset after the last processed record; -1 before the first.</summary>
    public long NextOffset { get; set; } = -1;

    /// <summary>Whether the thread fetches no more of it for now.</summary>
    public bool IsHeldBack { get; set; }

    public string CommittedMetadata { get; set; } = "";

    /// <summary>The topics that its positions belong to: see <see cref="CommittedPosition"/>.</summary>
    public string Topics { get; set; } = "";

    /// <summary>Whether the group has confirmed a position of the application's own for it. Before that no record is processed.</summary>
    public bool IsClaimed { get; set; }

    public long CommittedOffset { get; set; } = -1;

    public void Publish()
    {
        var progress = clock.Progress;
        Volatile.Write(ref _watermark, progress.Watermark);
        Volatile.Write(ref _isIdle, progress.IsIdle);
    }

    /// <summary>Records that wait for their turn among several inputs; a task with one input never fills it.</summary>
    public RecordBuffer Buffer { get; } = new();
}
