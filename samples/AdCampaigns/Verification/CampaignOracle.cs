using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.AdCampaigns.Verification;

/// <summary>
/// Recomputes the results from the events, with lists and loops and nothing of the engine or of the topology. An event is late for its window when the highest event time read from its partition
/// so far, its own included, has come to the window's end + the grace. A row has to be there when all partitions have come so far, and may be when some have.
/// </summary>
internal sealed class CampaignOracle(TimeSpan grace, DateTimeOffset latest)
{
    private const long Window = 10_000;

    private readonly long _graceMs = (long)grace.TotalMilliseconds;
    private readonly Dictionary<string, string> _ads = [];
    private readonly Dictionary<int, long> _watermarks = [];
    private readonly List<(long Start, long Campaign, string Type, long Produced)> _counted = [];

    public long Events { get; private set; }

    public long Malformed { get; private set; }

    public long UnknownAds { get; private set; }

    public long Late { get; private set; }

    /// <summary>Takes the next record of the table of ads.</summary>
    public void AddAd(string ad, string? campaign)
    {
        if (campaign is null)
            _ads.Remove(ad);
        else
            _ads[ad] = campaign;
    }

    /// <summary>Takes the next event of a partition, in the order of offsets, when all ads are known.</summary>
    public void Add(int partition, byte[] value)
    {
        Events++;
        if (Read(value) is not { } read || read.TimeMs < 0 || read.TimeMs > latest.ToUnixTimeMilliseconds())
        {
            Malformed++;
            return;
        }

        var watermark = _watermarks[partition] = Math.Max(_watermarks.GetValueOrDefault(partition), read.TimeMs);
        var start = read.TimeMs / Window * Window;
        if (Campaign(read.Ad) is not { } campaign && (campaign = read.Campaign ?? long.MinValue) == long.MinValue)
            UnknownAds++;
        else if (start + Window + _graceMs <= watermark)
            Late++;
        else
            _counted.Add((start, campaign, read.Type, read.Produced));
    }

    public void Expect(RowCheck check)
    {
        foreach (var row in _counted.GroupBy(counted => (counted.Start, counted.Campaign)))
        {
            var closes = row.Key.Start + Window + _graceMs;
            if (closes > _watermarks.Values.Max())
                continue;
            int Of(string type) => row.Count(counted => counted.Type == type);
            var views = Of("view");
            check.Expect(
                RowText.Of(
                    ("window_start", DateTimeOffset.FromUnixTimeMilliseconds(row.Key.Start)), ("window_end", DateTimeOffset.FromUnixTimeMilliseconds(row.Key.Start + Window)),
                    ("campaign_id", row.Key.Campaign), ("views", views), ("clicks", Of("click")), ("purchases", Of("purchase")), ("events", row.Count()),
                    ("ctr", views == 0 ? 0m : Math.Round((decimal)Of("click") / views, 6)),
                    ("first_produce_time", row.Min(counted => counted.Produced)), ("last_produce_time", row.Max(counted => counted.Produced))),
                isDue: closes <= _watermarks.Values.Min());
        }
    }

    private long? Campaign(string? ad) =>
        ad is not null && _ads.TryGetValue(ad, out var campaign) && long.TryParse(campaign, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static (string? Ad, long? Campaign, string Type, long TimeMs, long Produced)? Read(byte[] value)
    {
        // Parsing looks only at the texts that are asked for.
        if (!Utf8.IsValid(value))
            return null;
        try
        {
            using var document = JsonDocument.Parse(value);
            var fields = document.RootElement;
            if (fields.ValueKind != JsonValueKind.Object || Text("event_type") is not { } type || Number("event_time_ns") is not { } nanoseconds || Number("produce_time") is not { } produced)
                return null;
            return (Text("ad_id"), Number("campaign_id"), type, (long)Math.Floor(nanoseconds / 1_000_000m), produced);

            string? Text(string name) => fields.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;
            long? Number(string name) => fields.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out var number) ? number : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
