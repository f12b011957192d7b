using CrashStreams.Log;

namespace CrashStreams.Benchmarks.Memory;

/// <summary>Reads the input a poll's worth at a time, and between two such polls what came back through the repartition topic.</summary>
internal sealed class ArenaConsumer(ArenaLog log) : ILogConsumer
{
    private const int MaxPollRecords = 4096;

    private readonly Dictionary<TopicPartition, int> _indexes = log.Partitions.Select((p, i) => (p, i)).ToDictionary(p => p.p, p => p.i);
    private IAssignmentListener? _listener;
    private int _next;

    public object GroupIdentity => this;

    /// <summary>Records of the input that were handed out.</summary>
    public int Handed => _next;

    /// <summary>Whether all input was read; the last repartitioned records come with one more poll.</summary>
    public bool IsDrained => _next == log.Input.Total;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) => _listener = listener;

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
    }

    public LogBatch Poll(TimeSpan maxWait)
    {
        if (_listener is { } listener)
        {
            _listener = null;
            listener.Assigned([.. log.Partitions]);
        }

        var written = log.Producer.TakeWritten();
        if (written.Count > 0)
            return written;
        var count = Math.Min(MaxPollRecords, log.Input.Total - _next);
        _next += count;
        return log.Input.Show(_next - count, count);
    }

    public void Wake()
    {
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
    }

    public void Seek(TopicPartition partition, long offset) => throw new NotSupportedException("The arena is read once, from its start.");

    public long EndOffset(TopicPartition partition) => log.Ends[_indexes[partition]];

    public long Position(TopicPartition partition) => -1;

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => new Dictionary<TopicPartition, OffsetAndMetadata>();

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
    }

    public void Dispose()
    {
    }
}
