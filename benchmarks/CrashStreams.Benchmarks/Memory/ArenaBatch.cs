using CrashStreams.Log;

namespace CrashStreams.Benchmarks.Memory;

/// <summary>Records in one growing array of bytes, as a log client holds them in its own memory: once it has grown, adding and reading allocates nothing.</summary>
internal sealed class ArenaBatch(IReadOnlyList<TopicPartition> partitions) : LogBatch
{
    private byte[] _bytes = new byte[1 << 16];
    private Entry[] _entries = new Entry[1 << 10];
    private int _used;
    private int _first;
    private int _shown;

    public int Total { get; private set; }

    public override int Count => _shown;

    public override IReadOnlyList<TopicPartition> Partitions => partitions;

    public override LogRecord this[int index]
    {
        get
        {
            ref readonly var entry = ref _entries[_first + index];
            return new LogRecord
            {
                Key = _bytes.AsSpan(entry.Start, Math.Max(0, entry.KeyLength)),
                Value = _bytes.AsSpan(entry.Start + Math.Max(0, entry.KeyLength), Math.Max(0, entry.ValueLength)),
                HasKey = entry.KeyLength >= 0,
                HasValue = entry.ValueLength >= 0,
                PartitionIndex = entry.Partition,
                Offset = entry.Offset,
                Timestamp = entry.Timestamp,
                Headers = entry.Headers,
            };
        }
    }

    public void Add(int partitionIndex, long offset, in LogRecord record)
    {
        var length = record.Key.Length + record.Value.Length;
        if (_bytes.Length - _used < length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + length));
        if (Total == _entries.Length)
            Array.Resize(ref _entries, Total * 2);
        record.Key.CopyTo(_bytes.AsSpan(_used));
        record.Value.CopyTo(_bytes.AsSpan(_used + record.Key.Length));
        _entries[Total++] = new()
        {
            Start = _used,
            KeyLength = record.HasKey ? record.Key.Length : -1,
            ValueLength = record.HasValue ? record.Value.Length : -1,
            Partition = partitionIndex,
            Offset = offset,
            Timestamp = record.Timestamp,
            Headers = record.Headers,
        };
        _used += length;
    }

    /// <summary>Presents so many records from a position on as the batch.</summary>
    public LogBatch Show(int first, int count)
    {
        (_first, _shown) = (first, count);
        return this;
    }

    public void Clear() => (_used, Total, _first, _shown) = (0, 0, 0, 0);

    private struct Entry
    {
        public int Start;
        public int KeyLength;
        public int ValueLength;
        public int Partition;
        public long Offset;
        public long Timestamp;
        public Headers? Headers;
    }
}
