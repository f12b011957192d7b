using System.Buffers.Binary;

namespace CrashStreams.Sinks;

/// <summary>
/// Which rows of a task are where. Rows are numbered as they come:
/// <code>
///    0 ...          Written ...           Decided ...            Next
///    in files       of the file that is   wait for the next      to come
///                   to be written         decision
/// </code>
/// </summary>
/// <param name="Written">The first row that is in no file that is known to be written.</param>
/// <param name="Decided">The first row of which it is not decided in which file it will be.</param>
/// <param name="Next">The number of the next row.</param>
internal readonly record struct RowRange(long Written, long Decided, long Next)
{
    private const int Size = 3 * sizeof(long);

    /// <summary>Whether a file is to be written.</summary>
    public bool HasDecided => Decided > Written;

    /// <summary>Rows that wait for a decision.</summary>
    public long Undecided => Next - Decided;

    public static RowRange Read(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadInt64BigEndian(bytes[16..]))
        : throw new SerdeException("not-a-row-range");

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Written);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), Decided);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), Next);
        return bytes;
    }
}
