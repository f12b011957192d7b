using System.Buffers.Binary;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// What a member of a classic group was given, as its leader wrote it: <c>version (2) · topics (4) · for each: name (2 + n) · partitions (4) · each (4)</c>, then user data. Of
/// bytes that are none of it as much is read as makes sense.
/// </summary>
internal static class ClassicAssignment
{
    public static List<TopicPartition> Read(byte[]? assignment)
    {
        var partitions = new List<TopicPartition>();
        var rest = assignment.AsSpan();
        if (rest.Length < sizeof(short) + sizeof(int))
            return partitions;
        var topics = BinaryPrimitives.ReadInt32BigEndian(rest[sizeof(short)..]);
        rest = rest[(sizeof(short) + sizeof(int))..];
        for (; topics > 0 && rest.Length >= sizeof(short); topics--)
        {
            var length = BinaryPrimitives.ReadInt16BigEndian(rest);
            if (length < 0 || rest.Length < sizeof(short) + length + sizeof(int))
                return partitions;
            var name = Encoding.UTF8.GetString(rest.Slice(sizeof(short), length));
            var count = BinaryPrimitives.ReadInt32BigEndian(rest[(sizeof(short) + length)..]);
            rest = rest[(sizeof(short) + length + sizeof(int))..];
            for (; count > 0 && rest.Length >= sizeof(int); count--, rest = rest[sizeof(int)..])
                partitions.Add(new(name, BinaryPrimitives.ReadInt32BigEndian(rest)));
        }

        return partitions;
    }
}
