using System.Buffers;
using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Copies of records that wait for their turn, in pooled memory: a record costs one copy of its bytes and no allocation. Presented as batches of one, so that a task reads
/// them as it reads a poll's.
/// </summary>
internal sealed class RecordBuffer : LogBatch
{
    // Records lie one behind another in blocks; one that is larger has a block of its own.
    private const int BlockBytes = 64 * 1024;

    private readonly Queue<Copy> _queue = [];
    private byte[] _block = [];
    private int _used;

    public override int Count => _queue.Count;

    public override IReadOnlyList<TopicPartition> Partitions => [];

    public override LogRecord this[int index] => _queue.Peek().ToRecord();

    /// <summary>The size of what waits: keys and values.</summary>
    public long Bytes { get; private set; }

    /// <summary>The event time of the first record, or a negative number when it has none (it is processed at once then).</summary>
    public long HeadTimestamp => _queue.Peek().EventTime;

    public void Add(in LogRecord record, long eventTime)
    {
        var size = record.Key.Length + record.Value.Length;
        if (_block.Length - _used < size)
            BeginBlock(size);
        record.Key.CopyTo(_block.AsSpan(_used));
        record.Value.CopyTo(_block.AsSpan(_used + record.Key.Length));
        _queue.Enqueue(new()
        {
            Block = _block, Start = _used, KeyLength = record.Key.Length, ValueLength = record.Value.Length, HasKey = record.HasKey, HasValue = record.HasValue,
            Offset = record.Offset, Timestamp = record.Timestamp, Headers = record.Headers, Entry = record.Entry, EventTime = eventTime,
        });
        _used += size;
        Bytes += size;
    }

    public void RemoveHead()
    {
        var removed = _queue.Dequeue();
        Bytes -= removed.KeyLength + removed.ValueLength;
        if (_queue.Count == 0)
            _used = 0;
        if (removed.Block != _block && (_queue.Count == 0 || _queue.Peek().Block != removed.Block))
            Return(removed.Block);
    }

    /// <summary>Drops everything and gives the memory back.</summary>
    public void Clear()
    {
        while (_queue.Count > 0)
            RemoveHead();
        Return(_block);
        _block = [];
    }

    private void BeginBlock(int size)
    {
        // Nothing in it any more: what waits lies elsewhere.
        if (_queue.Count == 0)
            Return(_block);
        _block = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, size));
        _used = 0;
    }

    private static void Return(byte[] block)
    {
        if (block.Length > 0)
            ArrayPool<byte>.Shared.Return(block);
    }

    private readonly struct Copy
    {
        public required byte[] Block { get; init; }

        public required int Start { get; init; }

        public required int KeyLength { get; init; }

        public required int ValueLength { get; init; }

        public required bool HasKey { get; init; }

        public required bool HasValue { get; init; }

        public required long Offset { get; init; }

        public required long Timestamp { get; init; }

        public required Headers? Headers { get; init; }

        public required int Entry { get; init; }

        public required long EventTime { get; init; }

        public LogRecord ToRecord() => new()
        {
            Key = Block.AsSpan(Start, KeyLength), HasKey = HasKey, Value = Block.AsSpan(Start + KeyLength, ValueLength), HasValue = HasValue,
            Offset = Offset, Timestamp = Timestamp, Headers = Headers, Entry = Entry,
        };
    }
}
