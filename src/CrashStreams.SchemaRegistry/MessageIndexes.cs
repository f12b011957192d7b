using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CrashStreams.SchemaRegistry;

/// <summary>Where a message is in its .proto file: its index among the file's messages, or that of the message that it is nested in and then its index there.</summary>
internal static class MessageIndexes
{
    // Deeper nesting is no message but garbage.
    private const int Deepest = 64;

    public static byte[] Encode(MessageDescriptor message)
    {
        var indexes = new Stack<int>();
        for (var at = message; at is not null; at = at.ContainingType)
            indexes.Push(at.Index);
        using var bytes = new MemoryStream();
        using var output = new CodedOutputStream(bytes);
        if (indexes is not { Count: 1 } || indexes.Peek() != 0)
            output.WriteSInt32(indexes.Count);
        foreach (var index in indexes)
            output.WriteSInt32(index);
        output.Flush();
        return bytes.ToArray();
    }

    /// <exception cref="SerdeException">The bytes are no indexes.</exception>
    public static (IReadOnlyList<int> Indexes, int Length) Decode(ReadOnlySpan<byte> data)
    {
        var length = 0;
        var count = Next(data, ref length);
        if (count == 0)
            return ([0], length);
        if (count is < 0 or > Deepest)
            throw Garbage();
        var indexes = new int[count];
        for (var i = 0; i < count; i++)
            indexes[i] = Next(data, ref length);
        return (indexes, length);
    }

    /// <summary>The full name of the message; null when the file has none there.</summary>
    public static string? NameIn(FileDescriptorProto file, IReadOnlyList<int> indexes)
    {
        var (messages, name) = (file.MessageType, file.Package);
        foreach (var index in indexes)
        {
            if ((uint)index >= (uint)messages.Count)
                return null;
            name = name.Length == 0 ? messages[index].Name : $"{name}.{messages[index].Name}";
            messages = messages[index].NestedType;
        }

        return name;
    }

    private static int Next(ReadOnlySpan<byte> data, ref int at)
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (at == data.Length)
                throw Garbage();
            var part = data[at++];
            value |= (part & 0x7Fu) << shift;
            if (part < 0x80)
                return (int)(value >> 1) ^ -(int)(value & 1);
        }

        throw Garbage();
    }

    private static SerdeException Garbage() => new("no-message-indexes");
}
