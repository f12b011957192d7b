using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Reads the log in memory.</summary>
internal sealed class MemoryConsumer(MemoryLog log) : ILogConsumer
{
    private const int MaxBatch = 1000;

    private readonly Batch _batch = new();
    private readonly SortedDictionary<TopicPartition, long> _positions = [];
    private readonly HashSet<TopicPartition> _paused = [];
    private IReadOnlyCollection<string> _subscription = [];
    private IAssignmentListener? _pendingListener;

    public object GroupIdentity => this;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener)
    {
        _subscription = topics;
        _pendingListener = listener;
    }

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        _positions.Clear();
        foreach (var (partition, offset) in offsets)
            _positions[partition] = offset;
    }

    public LogBatch Poll(TimeSpan maxWait)
    {
        Join();
        _batch.Clear();
        foreach (var partition in _positions.Keys.Where(p => !_paused.Contains(p) && !log.Unavailable.Contains(p)).ToList())
        {
            if (_positions[partition] < log.Start(partition))
                throw new LogException($"The log of {partition} begins at {log.Start(partition)}; {_positions[partition]} was to be read next.") { OutOfRange = partition };
            var records = log.Partition(partition);
            var position = (int)_positions[partition];
            var count = Math.Min(records.Count - position, MaxBatch - _batch.Count);
            _batch.Add(partition, records, position, count);
            _positions[partition] = position + count;
        }

        return _batch;
    }

    public void Wake()
    {
        // A poll never waits.
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => _paused.UnionWith(partitions);

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => _paused.ExceptWith(partitions);

    public void Seek(TopicPartition partition, long offset) => _positions[partition] = offset;

    public long EndOffset(TopicPartition partition) => log.Partition(partition).Count;

    public long Position(TopicPartition partition) => _positions.GetValueOrDefault(partition, -1);

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) =>
        partitions.Where(log.Committed.ContainsKey).ToDictionary(p => p, p => log.Committed[p]);

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        foreach (var (partition, offset) in offsets)
            log.Committed[partition] = offset;
    }

    public void Dispose()
    {
    }

    private void Join()
    {
        if (_pendingListener is not { } listener)
            return;
        _pendingListener = null;
        var partitions = _subscription.SelectMany(t => Enumerable.Range(0, log.PartitionCount(t)!.Value).Select(p => new TopicPartition(t, p))).ToList();
        var starts = listener.Assigned(partitions);
        foreach (var partition in partitions)
            _positions[partition] = starts.TryGetValue(partition, out var start) ? start : log.Start(partition);
    }

    private sealed class Batch : LogBatch
    {
        private readonly List<TopicPartition> _partitions = [];
        private readonly Dictionary<TopicPartition, int> _indexOf = [];
        private readonly List<(int Partition, RawRecord Record)> _records = [];

        public override int Count => _records.Count;

        public override IReadOnlyList<TopicPartition> Partitions => _partitions;

        public override LogRecord this[int index]
        {
            get
            {
                var (partition, record) = _records[index];
                return new()
                {
                    PartitionIndex = partition, Key = record.Key, HasKey = record.Key is not null, Value = record.Value, HasValue = record.Value is not null,
                    Offset = record.Offset, Timestamp = record.Timestamp, Headers = record.Headers,
                };
            }
        }

        public void Clear() => _records.Clear();

        public void Add(in TopicPartition partition, List<RawRecord> records, int from, int count)
        {
            if (count <= 0)
                return;
            if (!_indexOf.TryGetValue(partition, out var index))
            {
                _indexOf[partition] = index = _partitions.Count;
                _partitions.Add(partition);
            }

            for (var i = 0; i < count; i++)
                _records.Add((index, records[from + i]));
        }
    }
}
