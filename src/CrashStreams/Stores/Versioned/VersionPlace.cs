using System.Buffers.Binary;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Which of two updates of one key, one time and one reference counts, where they may have been read from different partitions: the one that is further in the order of ordered input. Bytes in that order:
/// <code>
/// source topic, escaped · source partition (4) · source offset (8) · 1 for the result of a call, else 0 (1)      big-endian
/// </code>
/// A result has no place in a source and stands before those that have one. What the place does not tell apart goes by the bytes of the value, but of what was read or made in a row the last counts.
/// </summary>
internal static class VersionPlace
{
    public static void Write(in SourcePosition source, bool isUnordered, ByteBuffer into)
    {
        OrderedKey.Write(Encoding.UTF8.GetBytes(source.Topic), into);
        into.WriteInt32(source.Partition);
        into.WriteInt64(source.Offset);
        into.WriteByte(isUnordered ? (byte)1 : (byte)0);
    }

    /// <summary>Whether an update counts beside one that is known.</summary>
    public static bool IsBehind(ReadOnlySpan<byte> place, ReadOnlySpan<byte> value, ReadOnlySpan<byte> knownPlace, ReadOnlySpan<byte> knownValue)
    {
        if (place.SequenceCompareTo(knownPlace) is not 0 and var order)
            return order > 0;
        return (place.Length > 0 && place[^1] == 0) || value.SequenceCompareTo(knownValue) >= 0;
    }
}
