using System.Buffers.Binary;
using System.Text;

namespace CrashStreams.RocksDb;

/// <summary>
/// What a store's entries are of, as the <c>offsets</c> column family holds it (after KIP-1035), under one key so that a batch writes it once:
/// <code>format: 1 byte, 1 | position: 8 bytes, big-endian | tag: UTF-8</code>
/// </summary>
internal readonly record struct StoredPosition(long Position, string Tag)
{
    private const byte Format = 1;
    private const int Fixed = 9;

    public static ReadOnlySpan<byte> Key => "position"u8;

    /// <summary>Where a bulk load that is under way keeps the key under which its files have their position.</summary>
    public static ReadOnlySpan<byte> MarkKey => "restoring"u8;

    public static int Length(ReadOnlySpan<byte> tag) => Fixed + tag.Length;

    public static void Write(Span<byte> target, long position, ReadOnlySpan<byte> tag)
    {
        target[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(target[1..], position);
        tag.CopyTo(target[Fixed..]);
    }

    public static StoredPosition Read(ReadOnlySpan<byte> source, string path) =>
        source.Length >= Fixed && source[0] == Format
            ? new(BinaryPrimitives.ReadInt64BigEndian(source[1..]), Encoding.UTF8.GetString(source[Fixed..]))
            : throw new CrashStreamsException($"The store in '{path}' says its position in a format that this version does not know. Use the version that wrote it, or remove the folder: state is rebuilt from its changelog.");
}
