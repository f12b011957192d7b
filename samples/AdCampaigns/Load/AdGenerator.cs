using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CrashStreams.Samples.AdCampaigns.Load;

/// <summary>A hundred ads of ten campaigns, and what people do with them.</summary>
internal sealed class AdGenerator(CampaignLoad load, int producer)
{
    private const int Campaigns = 10;
    private const int Ads = 100;
    private const double UnknownAdShare = 0.01;

    private static readonly string[] _types = ["image", "video", "carousel", "text", "story", "shopping", "collection"];
    private static readonly string[] _malformed = ["", "no json", "[]", "{\"event_type\":\"view\"}", "{\"event_type\":\"view\",\"event_time_ns\":1.5e18,\"produce_time\":1}"];

    private readonly Random _random = new(unchecked((load.Seed * 397) ^ (producer * 7919)));
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Each ad with its campaign's number; the same for all producers.</summary>
    public static IEnumerable<(string AdId, string Campaign)> AdTable(int seed)
    {
        var random = new Random(seed);
        for (var ad = 0; ad < Ads; ad++)
            yield return (Id(random), ((ad % Campaigns) + 1).ToString(CultureInfo.InvariantCulture));
    }

    private readonly string[] _ads = [.. AdTable(load.Seed).Select(ad => ad.AdId)];

    public IEnumerable<double> Times() => ArrivalTimes.Of(load, _random);

    /// <summary>The next event.</summary>
    /// <param name="time">When it happens and is sent.</param>
    public ReadOnlySpan<byte> Next(DateTimeOffset time)
    {
        _buffer.ResetWrittenCount();
        if (_random.NextDouble() < load.MalformedShare)
        {
            Encoding.UTF8.GetBytes(_malformed[_random.Next(_malformed.Length)], _buffer);
            return _buffer.WrittenSpan;
        }

        var isUnknown = _random.NextDouble() < UnknownAdShare;
        using var json = new Utf8JsonWriter(_buffer);
        json.WriteStartObject();
        json.WriteString("user_id", Id(_random));
        json.WriteString("page_id", Id(_random));
        json.WriteString("ad_id", isUnknown ? Id(_random) : _ads[_random.Next(Ads)]);
        json.WriteString("ad_type", _types[_random.Next(_types.Length)]);
        json.WriteString("event_type", _random.Next(100) switch { < 70 => "view", < 95 => "click", _ => "purchase" });
        json.WriteNumber("event_time_ns", (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteNumber("window_id", time.ToUnixTimeSeconds() / 10);
        json.WriteString("ip_address", $"10.{_random.Next(256)}.{_random.Next(256)}.{_random.Next(256)}");
        // Half of the unknown ads can be counted all the same.
        if (isUnknown && _random.Next(2) == 0)
            json.WriteNumber("campaign_id", _random.Next(1, Campaigns + 1));
        else
            json.WriteNull("campaign_id");
        json.WriteNumber("produce_time", time.ToUnixTimeMilliseconds());
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    private static string Id(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }
}
