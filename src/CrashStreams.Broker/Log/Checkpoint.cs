using System.Buffers.Binary;
using System.Text;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>
/// What a log knows at an offset, so that a start has to read only what lies behind it. There are two: the latest one, good as long as
/// no power cut came between, and the latest one before which everything was flushed.
/// </summary>
internal sealed record Checkpoint
{
    public const string Latest = "checkpoint";
    public const string Flushed = "checkpoint.flushed";

    private const int Version = 1;
    private const int HeaderSize = 8;

    public required string Era { get; init; }
    public required long Offset { get; init; }
    public required long SegmentBase { get; init; }

    /// <summary>Where <see cref="Offset"/> lies in its segment.</summary>
    public required long Position { get; init; }

    /// <summary>The largest timestamp of the segment before the position.</summary>
    public required long MaxTimestamp { get; init; }

    public required long LogStartOffset { get; init; }

    /// <summary>Up to here the log is compacted.</summary>
    public required long CleanedOffset { get; init; }

    /// <summary>The checksum of the aborted transactions: their file is another one, and may be older or newer after a power cut.</summary>
    public required uint AbortedChecksum { get; init; }
    public required IReadOnlyCollection<ProducerState> Producers { get; init; }

    public void Save(IStorage storage, string path, bool flush)
    {
        using var content = new PooledBuffer();
        content.GetSpan(HeaderSize);
        content.Advance(HeaderSize);
        var era = Encoding.UTF8.GetBytes(Era);
        Put(content, era.Length);
        content.Write(era);
        Put(content, Offset);
        Put(content, SegmentBase);
        Put(content, Position);
        Put(content, MaxTimestamp);
        Put(content, LogStartOffset);
        Put(content, CleanedOffset);
        Put(content, (int)AbortedChecksum);
        Put(content, Producers.Count);
        foreach (var producer in Producers)
            PutProducer(content, producer);
        BinaryPrimitives.WriteInt32BigEndian(content.Written, Version);
        BinaryPrimitives.WriteUInt32BigEndian(content.Written[4..], Crc32C.Compute(content.Written[HeaderSize..]));
        AtomicFile.Write(storage, path, content.Written, flush);
    }

    /// <summary>The checkpoint in a file; null if there is none, or it is damaged: the log then reads more of its segments.</summary>
    public static Checkpoint? Load(IStorage storage, string path)
    {
        if (!storage.Exists(path))
            return null;
        try
        {
            return Parse(AtomicFile.Read(storage, path));
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or OverflowException or IOException)
        {
            // The checksum is right but the content isn't, or the disk doesn't give it back.
            return null;
        }
    }

    private static Checkpoint? Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length < HeaderSize || BinaryPrimitives.ReadInt32BigEndian(content) != Version
            || BinaryPrimitives.ReadUInt32BigEndian(content[4..]) != Crc32C.Compute(content[HeaderSize..]))
            return null;
        var left = content[HeaderSize..];
        var era = Encoding.UTF8.GetString(Take(ref left, TakeInt32(ref left)));
        return new Checkpoint
        {
            Era = era,
            Offset = TakeInt64(ref left),
            SegmentBase = TakeInt64(ref left),
            Position = TakeInt64(ref left),
            MaxTimestamp = TakeInt64(ref left),
            LogStartOffset = TakeInt64(ref left),
            CleanedOffset = TakeInt64(ref left),
            AbortedChecksum = (uint)TakeInt32(ref left),
            Producers = TakeProducers(ref left),
        };
    }

    private static void PutProducer(PooledBuffer content, ProducerState producer)
    {
        Put(content, producer.ProducerId);
        Put(content, (int)producer.Epoch);
        Put(content, producer.CoordinatorEpoch);
        Put(content, producer.LastTimestampMs);
        Put(content, producer.TransactionFirstOffset);
        Put(content, producer.BatchCount);
        for (var i = 0; i < producer.BatchCount; i++)
        {
            var batch = producer.Batch(i);
            Put(content, batch.FirstSequence);
            Put(content, batch.LastSequence);
            Put(content, batch.BaseOffset);
            Put(content, batch.OffsetDelta);
            Put(content, batch.TimestampMs);
        }
    }

    private static ProducerState[] TakeProducers(ref ReadOnlySpan<byte> left)
    {
        var count = TakeInt32(ref left);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, left.Length);
        var producers = new ProducerState[count];
        for (var i = 0; i < producers.Length; i++)
        {
            var producer = producers[i] = new ProducerState(TakeInt64(ref left));
            producer.BeginEpoch((short)TakeInt32(ref left));
            producer.CoordinatorEpoch = TakeInt32(ref left);
            producer.LastTimestampMs = TakeInt64(ref left);
            producer.TransactionFirstOffset = TakeInt64(ref left);
            for (var batches = TakeInt32(ref left); batches > 0; batches--)
                producer.Remember(new(TakeInt32(ref left), TakeInt32(ref left), TakeInt64(ref left), TakeInt32(ref left), TakeInt64(ref left)));
        }
        return producers;
    }

    private static void Put(PooledBuffer content, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(content.GetSpan(4), value);
        content.Advance(4);
    }

    private static void Put(PooledBuffer content, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(content.GetSpan(8), value);
        content.Advance(8);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> left, int count)
    {
        var taken = left[..count];
        left = left[count..];
        return taken;
    }

    private static int TakeInt32(ref ReadOnlySpan<byte> left) => BinaryPrimitives.ReadInt32BigEndian(Take(ref left, 4));

    private static long TakeInt64(ref ReadOnlySpan<byte> left) => BinaryPrimitives.ReadInt64BigEndian(Take(ref left, 8));
}
