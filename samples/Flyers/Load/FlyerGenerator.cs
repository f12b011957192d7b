using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CrashStreams.Samples.Flyers.Load;

/// <summary>What is generated.</summary>
/// <param name="Events">How many events.</param>
/// <param name="Users">How many users.</param>
/// <param name="Batch">Events in a request.</param>
/// <param name="RepeatedShare">Share of events that are posted once more, with their id.</param>
/// <param name="Seed">The same seed gives the same events.</param>
internal sealed record FlyerLoad(long Events = 10_000, int Users = 100, int Batch = 100, double RepeatedShare = 0.02, int Seed = 1);

/// <summary>Makes the bodies of requests: events of the last day, a third of them out of order, half with an id.</summary>
internal static class FlyerGenerator
{
    private const int Flyers = 20;
    private const int Merchants = 8;
    private static readonly string[] _kinds = ["flyer_open", "flyer_close", "flyer_open", "flyer_close", "shopping_list_open"];
    private static readonly DateTimeOffset _day = new(2026, 1, 11, 0, 0, 0, TimeSpan.Zero);

    public static IEnumerable<(byte[] Body, int Events)> Bodies(FlyerLoad load)
    {
        var random = new Random(load.Seed);
        var repeated = new List<string>();
        for (long made = 0; made < load.Events;)
        {
            var batch = new List<string>();
            while (batch.Count < load.Batch && made < load.Events)
            {
                var text = repeated.Count > 0 && random.NextDouble() < load.RepeatedShare ? repeated[random.Next(repeated.Count)] : Event(load, random, made);
                if (text.Contains("event_id", StringComparison.Ordinal) && repeated.Count < 1_000)
                    repeated.Add(text);
                batch.Add(text);
                made++;
            }

            yield return (Encoding.UTF8.GetBytes($"[{string.Join(',', batch)}]"), batch.Count);
        }
    }

    private static string Event(FlyerLoad load, Random random, long number)
    {
        var time = _day.AddSeconds((86_400.0 * number / load.Events) - (random.Next(3) == 0 ? random.Next(3_600) : 0));
        var zone = random.Next(4) switch { 0 => "", 1 => "+02:00", _ => "Z" };
        var local = zone.Length == 6 ? time.AddHours(2) : time;
        var flyer = random.Next(Flyers);
        var id = random.Next(2) == 0 ? $"\"event_id\":\"e{load.Seed}-{number}\"," : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{{{id}\"timestamp\":\"{local:yyyy-MM-dd'T'HH:mm:ss}{zone}\",\"user_id\":\"{JsonEncodedText.Encode($"user_{random.Next(load.Users)}")}\",\"event\":\"{_kinds[random.Next(_kinds.Length)]}\",\"flyer_id\":\"flyer_{flyer}\",\"merchant_id\":\"merchant_{flyer % Merchants}\"}}");
    }
}
