using System.Text;
using CrashStreams.Log;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Kafka.Fetching;

/// <summary>What one poll took of the answers: where each record's parts lie in them.</summary>
internal sealed class FetchedBatch(int capacity, PartitionTable partitions) : LogBatch
{
    private readonly Entry[] _entries = new Entry[capacity];
    private readonly List<Frame> _frames = [];
    private readonly List<PooledBuffer> _buffers = [];
    private int _count;

    public override int Count => _count;

    public override IReadOnlyList<TopicPartition> Partitions => partitions.All;

    public bool IsFull => _count == _entries.Length;

    public override LogRecord this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            ref readonly var entry = ref _entries[index];
            return new LogRecord
            {
                Key = entry.KeyLength > 0 ? entry.Source.AsSpan(entry.KeyAt, entry.KeyLength) : default,
                Value = entry.ValueLength > 0 ? entry.Source.AsSpan(entry.ValueAt, entry.ValueLength) : default,
                HasKey = entry.KeyLength >= 0,
                HasValue = entry.ValueLength >= 0,
                PartitionIndex = entry.Partition,
                Offset = entry.Offset,
                Timestamp = entry.Timestamp,
                Headers = entry.HeaderCount == 0 ? null : HeadersOf(entry),
            };
        }
    }

    /// <summary>The place of the next record. There has to be one: see <see cref="IsFull"/>.</summary>
    public ref Entry Add() => ref _entries[_count++];

    /// <summary>Takes over memory that this batch's records lie in, and that nobody else reads any more.</summary>
    public void Keep(Frame frame) => _frames.Add(frame);

    /// <inheritdoc cref="Keep(Frame)"/>
    public void Keep(PooledBuffer buffer) => _buffers.Add(buffer);

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        _count = 0;
        foreach (var frame in _frames)
            frame.Release();
        _frames.Clear();
        foreach (var buffer in _buffers)
            buffer.Dispose();
        _buffers.Clear();
    }

    private static Headers HeadersOf(in Entry entry)
    {
        var headers = new Headers();
        foreach (var header in new HeaderEnumerator(entry.Source.AsSpan(entry.HeadersAt, entry.HeadersEnd - entry.HeadersAt), entry.HeaderCount))
            headers.Add(Encoding.UTF8.GetString(header.Key), header.HasValue ? header.Value.ToArray() : null);
        return headers;
    }

    /// <summary>One record's places in <see cref="Source"/>; a length of -1 is a part that is missing.</summary>
    internal struct Entry
    {
        public byte[] Source;
        public long Offset;
        public long Timestamp;
        public int KeyAt;
        public int KeyLength;
        public int ValueAt;
        public int ValueLength;
        public int HeadersAt;
        public int HeadersEnd;
        public int HeaderCount;
        public int Partition;
    }
}
