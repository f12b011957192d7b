using CrashStreams.Log;

namespace CrashStreams.Runtime;

/// <summary>
/// Where the record in process comes from, and its bytes: needed only when something is wrong with it, so they are looked up again then.
/// </summary>
internal sealed class RecordInProcess
{
    private LogBatch? _batch;
    private int _index;

    public string Topic { get; private set; } = "";

    public int Partition { get; private set; } = -1;

    public long Offset { get; private set; } = -1;

    public Headers? Headers { get; set; }

    public bool HasBytes => _batch is not null;

    /// <summary>The record as it was read. Only while it is in process.</summary>
    public LogRecord Bytes => _batch![_index];

    public void Set(LogBatch batch, int index, in TopicPartition partition, in LogRecord record)
    {
        _batch = batch;
        _index = index;
        Topic = partition.Topic;
        Partition = partition.Partition;
        Offset = record.Offset;
        Headers = record.Headers;
    }

    public void Clear()
    {
        _batch = null;
        Topic = "";
        Partition = -1;
        Offset = -1;
        Headers = null;
    }

    public override string ToString() => _batch is null ? "punctuation" : $"topic {Topic}, partition {Partition}, offset {Offset}";
}
