using System.Globalization;
using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>
/// One atomic step in Redis: entries, their position, and replies. What is there already, because Redis is further than the task is after a crash, is left alone; what is missing, because
/// Redis has lost it, is told.
/// </summary>
internal static class RedisScript
{
    // KEYS: the position, then the hashes. ARGV: generation, offset, what Redis has to have at least, 1 when the entries are all that there are, number of entries,
    // then per entry: index of its hash in KEYS, field, 1 and value or 0; then channels and texts of replies.
    private const string Text = """
        local generation, offset, known, all = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
        local at = redis.call('GET', KEYS[1])
        local colon = at and string.find(at, ':', 1, true)
        local there = -2
        if colon and string.sub(at, 1, colon - 1) == generation then there = tonumber(string.sub(at, colon + 1)) end
        if not all and there < known then return 0 end
        local writes, next = offset >= there, 6
        if all and writes then
          for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
        end
        for _ = 1, tonumber(ARGV[5]) do
          if ARGV[next + 2] == '1' then
            if writes then redis.call('HSET', KEYS[tonumber(ARGV[next])], ARGV[next + 1], ARGV[next + 3]) end
            next = next + 4
          else
            if writes then redis.call('HDEL', KEYS[tonumber(ARGV[next])], ARGV[next + 1]) end
            next = next + 3
          end
        end
        if writes then redis.call('SET', KEYS[1], generation .. ':' .. ARGV[2]) end
        while next < #ARGV do
          redis.call('PUBLISH', ARGV[next], ARGV[next + 1])
          next = next + 2
        end
        return 1
        """;

    /// <summary>Runs it; false: Redis has lost what it had, nothing was written.</summary>
    /// <param name="database">Where.</param>
    /// <param name="sink">The sink's name.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="position">The position of these entries.</param>
    /// <param name="known">The offset that was written last; -2 while nothing was.</param>
    /// <param name="replacesAll">Whether the entries are all that there are.</param>
    /// <param name="entries">Fields by hash.</param>
    /// <param name="replies">Channels and texts.</param>
    /// <exception cref="RedisException">Redis is away or refuses.</exception>
    /// <exception cref="RedisTimeoutException">It did not answer in time.</exception>
    public static async Task<bool> RunAsync(
        IDatabase database, string sink, int partition, RedisPosition position, long known, bool replacesAll, IReadOnlyCollection<RedisEntry> entries, IReadOnlyCollection<(string Channel, string Text)> replies)
    {
        var hashes = new Dictionary<string, int>();
        foreach (var entry in entries)
            hashes.TryAdd(entry.Hash, hashes.Count + 2);
        List<RedisKey> keys = [RedisKeys.Position(sink, partition), .. hashes.Keys.Select(hash => RedisKeys.Hash(sink, partition, hash))];
        var values = new List<RedisValue>(5 + (4 * entries.Count) + (2 * replies.Count))
        {
            position.Generation, Number(position.Offset), Number(known), replacesAll ? "1" : "0", Number(entries.Count),
        };
        foreach (var entry in entries)
        {
            values.Add(Number(hashes[entry.Hash]));
            values.Add(entry.Field);
            values.Add(entry.Value is null ? "0" : "1");
            if (entry.Value is not null)
                values.Add(entry.Value);
        }

        // One message for all that somebody waits for.
        foreach (var channel in replies.GroupBy(static reply => reply.Channel, static reply => reply.Text))
        {
            values.Add(channel.Key);
            values.Add(string.Join(Reply.Separator, channel));
        }

        return (int)await database.ScriptEvaluateAsync(Text, [.. keys], [.. values]).ConfigureAwait(false) == 1;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
