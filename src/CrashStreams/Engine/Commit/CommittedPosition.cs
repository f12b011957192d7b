using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// What the application writes into the metadata of an offset that it commits: <c>time.topics[.rebuild]</c> or <c>time.topics.entries</c>. The time is <see cref="CommittedTime"/>'s text. The topics, Base64,
/// are those that the offset belongs to, 8 bytes each: the id of the input's topic, then hashes of name and id (4 bytes each) of each changelog of the task, then (4 bytes) how many partitions the
/// input's topic had; nothing where the broker gives no ids. An offset with <c>rebuild</c> is where reading begins with emptied state. Of the pack at an offset with a number so many entries are done (<see cref="PackRecord"/>).
/// </summary>
/// <param name="Time">The time's text; empty where nothing is known.</param>
/// <param name="Topics">The topics' text.</param>
/// <param name="IsRebuild">Whether the state has to be emptied first.</param>
/// <param name="IsOwn">Whether the application (or Kafka Streams before it) has written it: other tools and members of the group leave the metadata empty or write their own.</param>
internal readonly record struct CommittedPosition(string Time, string Topics, bool IsRebuild, bool IsOwn)
{
    private const char Separator = '.';
    private const string Rebuild = "rebuild";

    // With the longest time the text stays within the 4096 bytes that a default Kafka takes.
    private const int MaxChangelogs = 20;

    // Kafka Streams' TopicPartitionMetadata: one byte of version (1, 2), then the partition's time. CommittedTime's versions follow.
    private const int KafkaStreamsLength = 9;

    /// <summary>How many entries of the pack at the offset are done.</summary>
    public int Entries { get; init; }

    public static string Text(string time, string topics, int entries = 0) => entries == 0 ? $"{time}{Separator}{topics}" : string.Create(CultureInfo.InvariantCulture, $"{time}{Separator}{topics}{Separator}{entries}");

    public static string RebuildText(string topics) => $"{Separator}{topics}{Separator}{Rebuild}";

    public static CommittedPosition Parse(string metadata) => metadata.Split(Separator) switch
    {
        [var time, var topics] => new(time, topics, IsRebuild: false, IsOwn: true),
        [var time, var topics, Rebuild] => new(time, topics, IsRebuild: true, IsOwn: true),
        [var time, var topics, var done] when int.TryParse(done, NumberStyles.None, CultureInfo.InvariantCulture, out var entries) => new(time, topics, IsRebuild: false, IsOwn: true) { Entries = entries },
        [var time] => new(time, "", IsRebuild: false, IsEarlierFormat(time)),
        _ => default,
    };

    /// <summary>The text for an input of a task.</summary>
    /// <param name="inputId">The id of the input's topic; null where the broker gives none.</param>
    /// <param name="partitions">How many partitions it has.</param>
    /// <param name="changelogs">Names and ids of the task's changelogs.</param>
    public static string TopicsText(string? inputId, int partitions, IReadOnlyCollection<(string Name, string? Id)> changelogs)
    {
        if (inputId is null)
            return "";
        changelogs = [.. changelogs.Take(MaxChangelogs)];
        var bytes = new byte[(sizeof(ulong) * (1 + changelogs.Count)) + sizeof(int)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Hash(inputId));
        var at = sizeof(ulong);
        foreach (var (name, id) in changelogs)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), (uint)Hash(name));
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + sizeof(uint)), id is null ? 0 : (uint)Hash(id));
            at += sizeof(ulong);
        }

        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), partitions);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>How many partitions the input's topic had when the offset was committed; 0 when that is not known.</summary>
    public int Partitions => Bytes() is var bytes && bytes.Length % sizeof(ulong) == sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(bytes.Length - sizeof(int))) : 0;

    /// <summary>Whether the input is another topic of the same name than the one that the offset is of.</summary>
    public bool IsOfOtherInput(string? inputId) => inputId is not null && Bytes() is { Length: >= sizeof(ulong) } bytes && BinaryPrimitives.ReadUInt64BigEndian(bytes) != Hash(inputId);

    /// <summary>Whether a changelog is another topic than when the offset was committed. One that the offset knows nothing of belongs to a store that was added since.</summary>
    public bool IsOfOtherChangelog(string name, string? id)
    {
        var bytes = Bytes();
        for (var at = sizeof(ulong); id is not null && at + sizeof(ulong) <= bytes.Length; at += sizeof(ulong))
        {
            var known = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + sizeof(uint)));
            if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)) == (uint)Hash(name))
                return known != 0 && known != (uint)Hash(id);
        }

        return false;
    }

    private byte[] Bytes()
    {
        var bytes = new byte[Topics?.Length ?? 0];
        return Convert.TryFromBase64String(Topics ?? "", bytes, out var length) ? bytes[..length] : [];
    }

    private static bool IsEarlierFormat(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length >= KafkaStreamsLength && bytes[0] is >= 1 and <= 4;
    }

    // FNV-1a, 64 bit, folded so that its low half is mixed as well.
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 1099511628211UL;
        return hash ^ (hash >> 32);
    }
}
