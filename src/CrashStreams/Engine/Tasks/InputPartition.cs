using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>One partition that a task reads.</summary>
internal sealed class InputPartition(StreamTask task, TopicPartition partition, SourceProcessor source, InputClock clock, RecordCount count)
{
    private const int InputsOnStack = 16;

    private long _watermark = TaskClock.Unknown;
    private bool _isIdle;
    private string? _spanName;
    private long _lag = -1;
    private int _buffered;

    public StreamTask Task => task;

    public TopicPartition Partition => partition;

    public SourceProcessor Source => source;

    public InputClock Clock => clock;

    /// <summary>How far several inputs are together; asked in each turn.</summary>
    public static Progress ProgressOf(IReadOnlyList<InputPartition> inputs)
    {
        Span<Progress> each = inputs.Count <= InputsOnStack ? stackalloc Progress[inputs.Count] : new Progress[inputs.Count];
        for (var i = 0; i < inputs.Count; i++)
            each[i] = inputs[i].Clock.Progress;
        return Progress.Of(each);
    }

    /// <summary>What has been read of it, in all lives of its tasks in this process.</summary>
    public RecordCount Count => count;

    /// <summary>The name of the spans of its records.</summary>
    public string SpanName => _spanName ??= $"process {partition.Topic}";

    /// <summary>The record time of the last record, milliseconds; -1 before the first.</summary>
    public long LastRecordTime { get; set; } = -1;

    /// <summary>How many records it had when their latency was last told.</summary>
    public long LatencyToldAt { get; set; } = count.Records;

    /// <summary>Offsets between the next record and the end, as of the last turn; -1 while unknown. Other threads may ask.</summary>
    public long Lag => Volatile.Read(ref _lag);

    /// <summary>Records that wait for another input, as of the last turn; other threads may ask.</summary>
    public int BufferedRecords => Volatile.Read(ref _buffered);

    /// <summary>The clock as of the last turn, for collectors of metrics, whose threads must not touch the clock itself.</summary>
    public (long Watermark, bool IsIdle) Published => (Volatile.Read(ref _watermark), Volatile.Read(ref _isIdle));

    /// <summary>The offset after the last processed record, and after the control records and gaps behind it; -1 before the first.</summary>
    public long NextOffset { get; set; } = -1;

    /// <summary>How many entries of the pack at <see cref="NextOffset"/> are done.</summary>
    public int NextEntry { get; set; }

    /// <summary>The offset after the last record that was buffered; -1 before the first.</summary>
    public long BufferedOffset { get; set; } = -1;

    /// <summary>How far the client has come, as of this turn, short of what the last poll brought and nobody has taken yet.</summary>
    public long ReachedOffset { get; private set; } = -1;

    /// <summary>The offset of the first record that was taken: where reading began when nothing was committed; -1 before it.</summary>
    public long FirstOffset { get; set; } = -1;

    /// <summary>Whether everything up to the end that the broker last told was taken, as of this turn; an unknown end is not reached.</summary>
    public bool IsCaughtUp { get; private set; }

    /// <summary>Whether the thread fetches no more of it for now.</summary>
    public bool IsHeldBack { get; set; }

    public string CommittedMetadata { get; set; } = "";

    /// <summary>The topics that its positions belong to: see <see cref="CommittedPosition"/>.</summary>
    public string Topics { get; set; } = "";

    /// <summary>Whether the group has confirmed a position of the application's own for it. Before that no record is processed.</summary>
    public bool IsClaimed { get; set; }

    public long CommittedOffset { get; set; } = -1;

    /// <summary>
    /// Looks once per turn how far the input is. The client's position has passed control records and the records of aborted transactions, which nobody processes: what lies
    /// behind the last record up to there is done as well.
    /// </summary>
    /// <param name="consumer">The client.</param>
    /// <param name="isBatchDone">Whether all that the last poll brought was taken: the client's position lies behind it.</param>
    /// <returns>Whether there is a new position to commit.</returns>
    public bool LookAtPosition(ILogConsumer consumer, bool isBatchDone)
    {
        var position = isBatchDone ? consumer.Position(partition) : -1;
        // In the middle of a batch the last turn's still holds.
        ReachedOffset = Math.Max(Math.Max(ReachedOffset, position), Math.Max(NextOffset, BufferedOffset));
        var end = consumer.EndOffset(partition);
        IsCaughtUp = end >= 0 && ReachedOffset >= end;
        var hasMoved = Buffer.Count == 0 && position > Math.Max(0, NextOffset);
        if (hasMoved)
            NextOffset = position;
        Volatile.Write(ref _lag, end < 0 ? -1 : Math.Max(0, end - Math.Max(0, NextOffset)));
        Volatile.Write(ref _buffered, Buffer.Count);
        return hasMoved;
    }

    /// <summary>Shows collectors of metrics how far the input is. Answers whether its watermark has moved.</summary>
    public bool Publish()
    {
        var progress = clock.Progress;
        var hasMoved = progress.Watermark != _watermark;
        Volatile.Write(ref _watermark, progress.Watermark);
        Volatile.Write(ref _isIdle, progress.IsIdle);
        return hasMoved;
    }

    /// <summary>Records that wait for their turn among several inputs; a task with one input never fills it.</summary>
    public RecordBuffer Buffer { get; } = new();
}
