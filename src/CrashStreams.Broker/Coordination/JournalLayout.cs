using System.Text;

namespace CrashStreams.Broker.Coordination;

/// <summary>
/// Builds and reads the keys and values of journal records. Every key begins with the record's kind and every value with the version of
/// its layout; then fields in the order in which they are written: integers little-endian, strings and byte arrays after a 7-bit-encoded
/// length, nullable ones after a presence byte.
/// </summary>
internal static class JournalLayout
{
    public static byte[] Build(byte first, Action<BinaryWriter> fields)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(first);
        fields(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>A reader behind the first byte, and that byte.</summary>
    public static BinaryReader Open(ReadOnlySpan<byte> record, out byte first)
    {
        var reader = new BinaryReader(new MemoryStream(record.ToArray()), Encoding.UTF8);
        first = reader.ReadByte();
        return reader;
    }

    /// <summary>Opens a value whose layout must be one that this build knows.</summary>
    public static BinaryReader OpenValue(ReadOnlySpan<byte> value, byte newestKnown)
    {
        var reader = Open(value, out var version);
        if (version > newestKnown)
            throw new InvalidDataException($"A coordinator record has layout version {version}, but this build knows only up to {newestKnown}: the data directory was written by a newer version.");
        return reader;
    }

    public static void WriteNullable(this BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
            writer.Write(text);
    }

    public static string? ReadNullable(this BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    public static void WriteBytes(this BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    public static byte[] ReadBytes(this BinaryReader reader) => reader.ReadBytes(reader.Read7BitEncodedInt());

    public static void WriteList<T>(this BinaryWriter writer, IReadOnlyCollection<T> items, Action<T> writeItem)
    {
        writer.Write7BitEncodedInt(items.Count);
        foreach (var item in items)
            writeItem(item);
    }

    public static List<T> ReadList<T>(this BinaryReader reader, Func<T> readItem)
    {
        var count = reader.Read7BitEncodedInt();
        var items = new List<T>(Math.Min(count, 1024));
        for (var i = 0; i < count; i++)
            items.Add(readItem());
        return items;
    }
}
