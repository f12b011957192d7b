using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Time;

/// <summary>
/// The record that tells a partition of a repartition topic how far its writers are: without key and value (a Kafka Streams application would ignore it), and with one header
/// that lists the tasks of one writing thread. So a partition gets one record for a thread, however many tasks that has.
/// <code>
/// cs-watermark = 02 · watermark of the first (8, big-endian) · for each task:
///                partition minus the one before (zigzag varint) · flags (1) · watermark minus the one before (zigzag varint) [· watermark minus floor (zigzag varint)]
/// flags:         1 idle, 2 the floor follows because it is not the watermark
/// </code>
/// Differences wrap around, so that an unknown time can be told as well. A list of one is written as version 1 was:
/// <code>
/// cs-watermark = 01 · partition (4) · watermark (8) · idle (1) [· floor (8)]
/// </code>
/// </summary>
internal static class MarkerRecord
{
    public const string Header = "cs-watermark";

    /// <summary>Tasks in one record: keeps it far below the smallest limit that topics have in practice (some 6 bytes each).</summary>
    public const int MaxTasks = 10_000;

    private const byte OneTask = 1;
    private const byte ManyTasks = 2;
    private const byte Idle = 1;
    private const byte HasFloor = 2;
    private const int OneTaskSize = 1 + sizeof(int) + sizeof(long) + 1;

    /// <summary>Headers of a record that tells of these tasks.</summary>
    public static Headers Of(ReadOnlySpan<WatermarkMarker> tasks) => new Headers().Add(Header, tasks is [var only] ? One(only) : Many(tasks));

    /// <summary>Whether a record of a repartition topic tells of clocks and carries no data.</summary>
    public static bool IsIn(Headers headers) => IsList(headers.Last(Header));

    /// <summary>The tasks that a record tells of; false when it is a record with data.</summary>
    public static bool TryRead(Headers headers, out MarkerList tasks)
    {
        var bytes = headers.Last(Header);
        tasks = new(bytes);
        return IsList(bytes);
    }

    private static bool IsList(byte[]? bytes) => bytes is [OneTask, ..] and { Length: OneTaskSize or OneTaskSize + sizeof(long) } or [ManyTasks, ..] and { Length: > 1 + sizeof(long) };

    /// <summary>Reads the next task of a header; false at its end, or where bytes are not those of a list.</summary>
    /// <param name="rest">What is left of the header; the whole of it at first.</param>
    /// <param name="isFirst">Whether nothing of it was read yet.</param>
    /// <param name="task">The task before, and then this one.</param>
    internal static bool TryReadNext(ref ReadOnlySpan<byte> rest, bool isFirst, ref WatermarkMarker task)
    {
        if (isFirst)
        {
            if (rest is [OneTask, ..])
                return TryReadOne(ref rest, out task);
            if (rest.Length < 1 + sizeof(long))
                return false;
            task = new(0, BinaryPrimitives.ReadInt64BigEndian(rest[1..]), false, 0);
            rest = rest[(1 + sizeof(long))..];
        }

        if (!Varint.TryReadSigned(ref rest, out var partition) || rest.IsEmpty)
            return false;
        var flags = rest[0];
        rest = rest[1..];
        if (!Varint.TryReadSigned(ref rest, out var watermark))
            return false;
        watermark = unchecked(task.Watermark + watermark);
        var behind = 0L;
        if ((flags & HasFloor) != 0 && !Varint.TryReadSigned(ref rest, out behind))
            return false;
        task = new(unchecked(task.Partition + (int)partition), watermark, (flags & Idle) != 0, unchecked(watermark - behind));
        return true;
    }

    private static byte[] One(in WatermarkMarker task)
    {
        var bytes = new byte[task.Floor == task.Watermark ? OneTaskSize : OneTaskSize + sizeof(long)];
        bytes[0] = OneTask;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), task.Partition);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(5), task.Watermark);
        bytes[13] = task.IsIdle ? (byte)1 : (byte)0;
        if (bytes.Length > OneTaskSize)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(OneTaskSize), task.Floor);
        return bytes;
    }

    private static byte[] Many(ReadOnlySpan<WatermarkMarker> tasks)
    {
        var bytes = new byte[1 + sizeof(long) + (tasks.Length * ((3 * Varint.MaxBytes) + 1))];
        var before = new WatermarkMarker(0, tasks.IsEmpty ? 0 : tasks[0].Watermark, false, 0);
        bytes[0] = ManyTasks;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), before.Watermark);
        var at = 1 + sizeof(long);
        foreach (ref readonly var task in tasks)
        {
            at += Varint.WriteSigned(bytes.AsSpan(at), task.Partition - before.Partition);
            bytes[at++] = (byte)((task.IsIdle ? Idle : 0) | (task.Floor == task.Watermark ? 0 : HasFloor));
            at += Varint.WriteSigned(bytes.AsSpan(at), unchecked(task.Watermark - before.Watermark));
            if (task.Floor != task.Watermark)
                at += Varint.WriteSigned(bytes.AsSpan(at), unchecked(task.Watermark - task.Floor));
            before = task;
        }

        return bytes[..at];
    }

    private static bool TryReadOne(ref ReadOnlySpan<byte> bytes, out WatermarkMarker task)
    {
        task = default;
        if (bytes.Length is not (OneTaskSize or OneTaskSize + sizeof(long)))
            return false;
        var watermark = BinaryPrimitives.ReadInt64BigEndian(bytes[5..]);
        var floor = bytes.Length == OneTaskSize ? watermark : BinaryPrimitives.ReadInt64BigEndian(bytes[OneTaskSize..]);
        task = new(BinaryPrimitives.ReadInt32BigEndian(bytes[1..]), watermark, bytes[13] != 0, floor);
        bytes = [];
        return true;
    }
}
