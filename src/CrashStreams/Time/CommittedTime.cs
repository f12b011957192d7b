using System.Buffers.Binary;

namespace CrashStreams.Time;

/// <summary>
/// A task's time as it is kept in the metadata of a committed offset, so that a restart or a rebalance forgets none of it.
/// Base64 of: <c>version (1) · count (2) · that many times (8 each)</c>: the input's own watermark and the highest time of its records, the task's stream time, its closing
/// clock and floor, the operators' names (hashed) and times, then (repartition inputs) the upstream floors: what is certain of each writer. Where an
/// idle input was not waited for, its watermark is higher, and comes with its next marker.
/// In version 3 the operators' times came without names, in topological order. Metadata is limited (4096 bytes on a default Kafka): what doesn't fit is left out, and is heard again from the next markers.
/// </summary>
internal static class CommittedTime
{
    private const byte Version = 4;
    private const byte VersionWithoutNames = 3;
    private const int MaxTimes = 360;

    // Before those of the operators.
    private const int FixedTimes = 6;

    // Its name, the highest time that it has seen, and what it has closed.
    private const int TimesPerOperator = 3;

    /// <summary>What is committed with an input's offset.</summary>
    public static string Of(TaskClock clock, InputClock input)
    {
        var operators = clock.Operators;
        var upstream = input as UpstreamClock;
        var next = FixedTimes + (TimesPerOperator * operators.Count);
        // Of very many writers the last do not fit.
        var writers = Math.Clamp(MaxTimes - next, 0, upstream?.Writers ?? 0);
        var times = new long[next + writers];
        ReadOnlySpan<long> first = [input.Watermark, (input as SourceClock)?.MaxSeen ?? TaskClock.Unknown, clock.StreamTime, clock.Watermark, clock.Floor, operators.Count];
        first.CopyTo(times);
        next = FixedTimes;
        for (var i = 0; i < operators.Count; i++)
            (times[next++], times[next++], times[next++]) = (OperatorTimes.HashOf(operators[i].Name), operators[i].MaxSeen, operators[i].ClosedThrough);
        for (var i = 0; i < writers; i++)
            times[next++] = upstream!.FloorOf(i);
        return Encode(times);
    }

    /// <summary>Takes over what an earlier life of the task has committed.</summary>
    public static void Restore(string metadata, TaskClock clock, InputClock input)
    {
        var times = Decode(metadata);
        if (times.Length < FixedTimes)
            return;
        var hasNames = VersionOf(metadata) != VersionWithoutNames;
        var each = hasNames ? TimesPerOperator : TimesPerOperator - 1;
        // Of very many operators the last did not fit.
        var count = (int)Math.Clamp(times[FixedTimes - 1], 0, (times.Length - FixedTimes) / each);
        var operators = times.AsSpan(FixedTimes, each * count).ToArray().Chunk(each);
        clock.Restore(times[2], times[3], times[4], hasNames ? new(operators.Select(static o => (o[0], o[1], o[2]))) : new(operators.Select(static o => (o[0], o[1])).ToArray()));
        if (input is SourceClock source)
            source.Restore(times[0], times[1]);
        var upstreams = times.AsSpan(FixedTimes + (each * count));
        for (var i = 0; input is UpstreamClock upstream && i < upstreams.Length; i++)
            upstream.Hear(new WatermarkMarker(i, upstreams[i], IsIdle: false, Floor: upstreams[i]));
    }

    private static byte VersionOf(string metadata) => Convert.FromBase64String(metadata)[0];

    public static string Encode(ReadOnlySpan<long> times)
    {
        times = times[..Math.Min(times.Length, MaxTimes)];
        var bytes = new byte[3 + (times.Length * sizeof(long))];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), (ushort)times.Length);
        for (var i = 0; i < times.Length; i++)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(3 + (i * sizeof(long))), times[i]);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>The times, or none when the text is not ours (committed by another tool).</summary>
    public static long[] Decode(string metadata)
    {
        Span<byte> bytes = new byte[metadata.Length];
        if (!Convert.TryFromBase64String(metadata, bytes, out var length) || length < 3 || bytes[0] is not (Version or VersionWithoutNames))
            return [];
        var count = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (length != 3 + (count * sizeof(long)))
            return [];
        var times = new long[count];
        for (var i = 0; i < count; i++)
            times[i] = BinaryPrimitives.ReadInt64BigEndian(bytes[(3 + (i * sizeof(long)))..]);
        return times;
    }
}
