using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Samples.Load;

namespace CrashStreams.Samples.Clickstream.Load;

/// <summary>
/// Events of a shop with five products and a hundred users, four clicks for a purchase, in the order of event time. A user's session ends after some minutes, and after a longer pause the next
/// one begins. Times are written in all the forms in which they may come.
/// </summary>
internal sealed class ClickGenerator(EventLoad load, string clickstream, string transactions)
{
    private const int Users = 100;
    private const double ClickShare = 0.8;
    private const int LongestSessionMinutes = 20;
    private const int LongestPauseMinutes = 60;

    private static readonly (string Id, string Category)[] _products = [("prod_1", "electronics"), ("prod_2", "clothing"), ("prod_3", "books"), ("prod_4", "home"), ("prod_5", "electronics")];
    private static readonly string[] _actions = ["view", "view", "view", "click", "add_to_cart"];
    private static readonly string[] _methods = ["credit_card", "paypal", "debit_card", "bank_transfer"];
    private static readonly string[] _malformed = ["", "no json", "[]", "{\"user_id\":\"user_1\"}", "{\"timestamp\":\"yesterday\"}", "{\"timestamp\":1}"];

    private readonly Random _random = new(load.Seed);
    private readonly (int Number, DateTimeOffset Ends, DateTimeOffset Next)[] _sessions = new (int, DateTimeOffset, DateTimeOffset)[Users];
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public IEnumerable<GeneratedEvent> Events()
    {
        for (var i = 0L; i < load.Count; i++)
        {
            var due = TimeSpan.FromSeconds(i / load.Rate);
            var user = NextUser(load.Start + due);
            var isClick = _random.NextDouble() < ClickShare;
            var time = load.Start + due - load.Delay(_random);
            var value = _random.NextDouble() < load.MalformedShare ? Encoding.UTF8.GetBytes(_malformed[_random.Next(_malformed.Length)]) : isClick ? Click(i, user, time) : Purchase(i, user, time);
            yield return new(due.TotalMilliseconds, isClick ? clickstream : transactions, load.Keyed ? Encoding.UTF8.GetBytes(UserId(user)) : null, value);
        }
    }

    // Somebody who is in a session, or begins one.
    private int NextUser(DateTimeOffset now)
    {
        for (var user = _random.Next(Users); ; user = (user + 1) % Users)
        {
            ref var session = ref _sessions[user];
            if (now >= session.Next)
            {
                var length = TimeSpan.FromMinutes(LongestSessionMinutes * _random.NextDouble());
                session = (session.Number + 1, now + length, now + length + TimeSpan.FromMinutes(LongestPauseMinutes * _random.NextDouble()));
            }

            if (now <= session.Ends || _sessions.All(other => now > other.Ends && now < other.Next))
                return user;
        }
    }

    private byte[] Click(long number, int user, DateTimeOffset time) => Json(json =>
    {
        var (product, category) = _products[_random.Next(_products.Length)];
        json.WriteString("event_id", $"evt_{load.Seed}_{number}");
        json.WriteString("user_id", UserId(user));
        json.WriteString("session_id", SessionId(user));
        json.WriteString("product_id", product);
        json.WriteString("category", category);
        json.WriteString("action", _actions[_random.Next(_actions.Length)]);
        json.WriteString("timestamp", Text(time));
        json.WriteString("page_url", $"/products/{product}");
        json.WriteString("referrer", _random.Next(2) == 0 ? "search" : null);
    });

    private byte[] Purchase(long number, int user, DateTimeOffset time) => Json(json =>
    {
        var (product, category) = _products[_random.Next(_products.Length)];
        json.WriteString("transaction_id", $"txn_{load.Seed}_{number}");
        json.WriteString("user_id", UserId(user));
        json.WriteString("session_id", SessionId(user));
        json.WriteString("product_id", product);
        json.WriteString("category", category);
        json.WriteNumber("amount", _random.Next(100, 100_000) / 100m);
        json.WriteNumber("quantity", _random.Next(1, 6));
        json.WriteString("timestamp", Text(time));
        json.WriteString("payment_method", _methods[_random.Next(_methods.Length)]);
    });

    private byte[] Json(Action<Utf8JsonWriter> write)
    {
        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    private string Text(DateTimeOffset time) => _random.Next(4) switch
    {
        0 => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        1 => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        2 => time.ToOffset(TimeSpan.FromHours(2)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture),
        _ => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.f'Z'", CultureInfo.InvariantCulture),
    };

    private static string UserId(int user) => $"user_{user + 1}";

    private string SessionId(int user) => $"session_{user + 1}_{_sessions[user].Number}";
}
