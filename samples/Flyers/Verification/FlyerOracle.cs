using System.Numerics;
using System.Text.Json;
using CrashStreams.Samples.Flyers.Api;

namespace CrashStreams.Samples.Flyers.Verification;

/// <summary>Recomputes all answers from the events in the topic: sorts them, and pairs each with the next.</summary>
internal sealed class FlyerOracle
{
    private readonly Dictionary<string, (int Partition, long Offset, JsonElement Event)> _byId = [];
    private readonly List<JsonElement> _withoutId = [];

    public int Events => _byId.Count + _withoutId.Count;

    /// <summary>Takes a record of the topic; of an id the first counts, and all of an id are in one partition.</summary>
    public void Add(int partition, long offset, byte[] value)
    {
        using var document = JsonDocument.Parse(value);
        var read = document.RootElement.Clone();
        if (!read.TryGetProperty("event_id", out var id))
            _withoutId.Add(read);
        else if (!_byId.TryGetValue(id.GetString()!, out var first) || offset < first.Offset)
            _byId[id.GetString()!] = (partition, offset, read);
    }

    /// <summary>User, and hours as hundredths.</summary>
    public SortedDictionary<string, long> Users()
    {
        var users = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var user in Visits().GroupBy(static visit => visit.User))
            users[user.Key] = Rounded(100 * user.Sum(static visit => visit.Seconds), 3600L * user.Count());
        return users;
    }

    /// <summary>Merchant, and visits, users, hundredths of seconds (-1 without visits), opens.</summary>
    public SortedDictionary<string, (long Visits, long Users, long Average, long Opens)> Merchants()
    {
        var merchants = new SortedDictionary<string, (long, long, long, long)>(StringComparer.Ordinal);
        var visits = Visits().ToLookup(static visit => visit.Merchant);
        var opens = All().Where(static e => Text(e, "event") == "flyer_open").GroupBy(static e => Text(e, "merchant_id")).ToDictionary(static g => g.Key, static g => g.LongCount());
        foreach (var merchant in opens.Keys.Union(visits.Select(static group => group.Key)))
        {
            var own = visits[merchant].ToList();
            merchants[merchant] = (own.Count, own.Select(static visit => visit.User).Distinct().Count(), own.Count == 0 ? -1 : Rounded(100 * own.Sum(static visit => visit.Seconds), own.Count), opens.GetValueOrDefault(merchant));
        }

        return merchants;
    }

    private List<(string User, string Merchant, long Seconds)> Visits()
    {
        var visits = new List<(string, string, long)>();
        foreach (var timeline in All().Where(static e => Text(e, "event") is "flyer_open" or "flyer_close").GroupBy(static e => (Text(e, "user_id"), Text(e, "flyer_id"))))
        {
            var sorted = timeline.OrderBy(static e => e.GetProperty("second").GetInt64()).ThenBy(static e => Text(e, "merchant_id"), CodePointOrder.Instance).ToList();
            for (var i = 1; i < sorted.Count; i++)
                visits.Add((timeline.Key.Item1, Text(sorted[i], "merchant_id"), sorted[i].GetProperty("second").GetInt64() - sorted[i - 1].GetProperty("second").GetInt64()));
        }

        return visits;
    }

    private IEnumerable<JsonElement> All() => _withoutId.Concat(_byId.Values.Select(static first => first.Event));

    private static string Text(JsonElement element, string field) => element.GetProperty(field).GetString()!;

    private static long Rounded(BigInteger value, BigInteger divisor) => (long)((value + value + divisor) / (divisor + divisor));
}
