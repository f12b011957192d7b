using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Broker;

namespace CrashStreams.Samples.Tests.Clickstream;

/// <summary>
/// Events as badly as they may come: out of order within the tolerance and far beyond it, times in every form, purchases on the bounds of their clicks, sessions on the bounds of their gap, malformed
/// in all ways. The same seed gives the same events.
/// </summary>
internal sealed class HostileShop(int seed)
{
    private static readonly string[] _malformed =
    [
        "", "{", "[]", "null", "7", "\"text\"", "{}", """{"user_id":"u1","session_id":"s","product_id":"p1","category":"c1","timestamp":"2026-02-30T00:00:00Z"}""",
        """{"user_id":null,"session_id":"s","product_id":"p1","category":"c1","amount":1,"timestamp":"2026-03-01T00:00:00Z"}""",
        """{"user_id":"u1","session_id":"s","product_id":"p1","category":"c1","amount":"12.50","timestamp":["2026-03-01T00:00:00Z"]}""",
        """{"user_id":"u1","product_id":"p1","category":"c1","amount":"12.50","timestamp":"2026-03-01T00:00:00Z"}""", """{"user_id":"\ud800","session_id":"s"}""",
        """{"user_id":"u1","session_id":"s","product_id":"p1","category":"c1","amount":1,"timestamp":"2026-03-01T00:00:00Z","note":"ÿ"}""",
    ];

    private readonly Random _random = new(seed);

    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Events over some hours, then one in each partition that closes everything.</summary>
    public IEnumerable<(string Topic, int Partition, byte[]? Key, byte[] Value)> Events(int count, int partitions, bool isKeyed, string clickstream = "clickstream", string transactions = "transactions")
    {
        var clicks = new List<(string User, string Product, DateTimeOffset Time)>();
        for (var i = 0; i < count; i++)
        {
            var now = Start + (TimeSpan.FromHours(3) * i / count);
            var time = now - (_random.Next(20) switch { < 12 => TimeSpan.Zero, < 19 => TimeSpan.FromMinutes(4.5) * _random.NextDouble(), _ => TimeSpan.FromMinutes(60) * _random.NextDouble() });
            var (user, product) = ($"u{_random.Next(12)}", $"p{_random.Next(3)}");
            var isClick = _random.Next(3) > 0;
            // A purchase at the end of a click's ten minutes, or a millisecond behind; an event half an hour after another.
            if (clicks.Count > 0 && _random.Next(4) == 0 && clicks[_random.Next(Math.Max(0, clicks.Count - 200), clicks.Count)] is var click)
            {
                (user, product) = (click.User, click.Product);
                time = click.Time + (isClick ? TimeSpan.FromMinutes(30) : TimeSpan.FromMinutes(10)) + TimeSpan.FromMilliseconds(_random.Next(-1, 2));
                if (time > now + TimeSpan.FromMinutes(1))
                    time = click.Time;
            }

            if (isClick)
                clicks.Add((user, product, time));
            // The note's letter is no UTF-8 as Latin-1.
            var value = _random.Next(40) == 0 ? Encoding.Latin1.GetBytes(_malformed[_random.Next(_malformed.Length)]) : Event(isClick, user, product, time);
            yield return Place(isClick ? clickstream : transactions, user, value);
        }

        foreach (var (topic, partition) in new[] { clickstream, transactions }.SelectMany(topic => Enumerable.Range(0, partitions).Select(partition => (topic, partition))))
            yield return (topic, partition, null, Event(topic == clickstream, "last", "last", Start.AddDays(1)));

        (string, int, byte[]?, byte[]) Place(string topic, string user, byte[] value)
        {
            var key = isKeyed ? Encoding.UTF8.GetBytes(user) : null;
            return (topic, key is null ? _random.Next(partitions) : CrashStreams.Log.Murmur2.Partition(key, partitions), key, value);
        }
    }

    public static async Task AppendAsync(EmbeddedBroker broker, IEnumerable<(string Topic, int Partition, byte[]? Key, byte[] Value)> events)
    {
        foreach (var partition in events.GroupBy(e => (e.Topic, e.Partition)))
        {
            foreach (var batch in partition.Chunk(500))
                await broker.AppendAsync(partition.Key.Topic, partition.Key.Partition, [.. batch.Select(e => (e.Key, (byte[]?)e.Value))]);
        }
    }

    private byte[] Event(bool isClick, string user, string product, DateTimeOffset time)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (_random.Next(10) == 0)
                json.WriteNull("user_id");
            json.WriteString("user_id", user);
            json.WriteString("session_id", $"s-{user}");
            json.WriteString("product_id", product);
            json.WriteString("category", product == "p0" ? "Bücher" : "c1");
            if (_random.Next(10) == 0)
                json.WriteStartObject("extra");
            if (json.CurrentDepth > 1)
                json.WriteEndObject();
            if (!isClick)
                json.WriteNumber("amount", _random.Next(5) switch { 0 => -3.50m, 1 => 0.0000000001m, 2 => 123456789.123456789m, _ => _random.Next(1, 100_000) / 100m });
            json.WriteString("timestamp", Text(time));
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private string Text(DateTimeOffset time)
    {
        var offset = _random.Next(3) == 0 ? TimeSpan.FromMinutes(_random.Next(-12 * 60, 14 * 60)) : TimeSpan.Zero;
        var local = time.ToOffset(offset);
        var decimals = _random.Next(10);
        // What is finer than a millisecond is cut off; a whole second needs no decimals.
        var fraction = $"{local.Millisecond:D3}{_random.Next(1_000_000):D6}"[..Math.Max(decimals, local.Millisecond == 0 ? 0 : 3)];
        var suffix = offset == TimeSpan.Zero ? _random.Next(3) switch { 0 => "Z", 1 => "", _ => "+00:00" } : $"{(offset < TimeSpan.Zero ? "-" : "+")}{offset:hh\\:mm}";
        return $"{local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)}{(fraction.Length > 0 ? "." : "")}{fraction}{suffix}";
    }
}
