using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// What has changed since the catalog file was written, a line for each change: the CRC-32C of the text behind it in 8 hexadecimal digits, a blank, and a topic as the file
/// has it, which is new or replaces what was known of it, or <c>{"deleted":"…"}</c>.
/// </summary>
internal static class CatalogJournal
{
    private const int ChecksumDigits = 8;
    private const string Prefix = "catalog-";
    private const string Suffix = ".journal";

    public static string PathOf(Guid journal) => $"{Prefix}{journal:N}{Suffix}";

    /// <summary>Whether a file in the data directory is a journal of the catalog.</summary>
    public static bool IsName(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
        && Guid.TryParseExact(name.AsSpan(Prefix.Length, Math.Max(0, name.Length - Prefix.Length - Suffix.Length)), "N", out _);

    public static byte[] LineOf(CatalogEntry topic) => Line(CatalogFile.Format(topic));

    public static byte[] LineOf(Guid deleted) => Line(Encoding.UTF8.GetBytes($"{{\"deleted\":\"{deleted}\"}}"));

    /// <summary>Applies the changes of a journal.</summary>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="journal">All its bytes.</param>
    /// <param name="topics">What the file says; what there is now.</param>
    /// <param name="deleted">The same of what was deleted.</param>
    /// <returns>How many bytes are whole lines: behind them is what a write that was cut off has left, which nobody was told is stored.</returns>
    /// <exception cref="InvalidDataException">A whole line is damaged.</exception>
    public static int Apply(string path, ReadOnlySpan<byte> journal, Dictionary<Guid, CatalogEntry> topics, HashSet<Guid> deleted)
    {
        var position = 0;
        while (journal[position..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            try
            {
                Apply(journal.Slice(position, length), topics, deleted);
            }
            catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException($"{path} is damaged at byte {position} ({damaged.Message}): it holds what has changed of the topics since {CatalogFile.Path} was written. Restore it.", damaged);
            }
            position += length + 1;
        }
        return position;
    }

    private static void Apply(ReadOnlySpan<byte> line, Dictionary<Guid, CatalogEntry> topics, HashSet<Guid> deleted)
    {
        if (line.Length <= ChecksumDigits || !uint.TryParse(line[..ChecksumDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || Crc32C.Compute(line[(ChecksumDigits + 1)..]) != checksum)
            throw new FormatException("a checksum is wrong");
        using var json = JsonDocument.Parse(line[(ChecksumDigits + 1)..].ToArray());
        if (json.RootElement.TryGetProperty("deleted", out var id))
        {
            topics.Remove(id.GetGuid());
            deleted.Add(id.GetGuid());
            return;
        }
        var topic = CatalogFile.Read(json.RootElement);
        topics[topic.Id] = topic;
    }

    private static byte[] Line(byte[] text)
    {
        var line = new byte[ChecksumDigits + 1 + text.Length + 1];
        Encoding.ASCII.GetBytes(Crc32C.Compute(text).ToString("x8", CultureInfo.InvariantCulture), line);
        line[ChecksumDigits] = (byte)' ';
        text.CopyTo(line, ChecksumDigits + 1);
        line[^1] = (byte)'\n';
        return line;
    }
}
