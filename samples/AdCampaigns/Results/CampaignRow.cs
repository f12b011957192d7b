using System.Text.Json.Serialization;
using CrashStreams.Samples.AdCampaigns.Events;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.AdCampaigns.Results;

/// <summary>A row of the topic <c>results</c>.</summary>
internal sealed record CampaignRow(
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowStart,
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowEnd,
    long CampaignId,
    long Views,
    long Clicks,
    long Purchases,
    decimal Ctr,
    long Events,
    long FirstProduceTime,
    long LastProduceTime);

/// <summary>What is counted of a campaign.</summary>
internal sealed record Totals(long Views, long Clicks, long Purchases, long Events, long FirstProducedMs, long LastProducedMs)
{
    public static Totals None { get; } = new(0, 0, 0, 0, long.MaxValue, long.MinValue);

    public Totals Add(Touch touch) => new(
        Views + (touch.Action == AdAction.View ? 1 : 0), Clicks + (touch.Action == AdAction.Click ? 1 : 0), Purchases + (touch.Action == AdAction.Purchase ? 1 : 0), Events + 1,
        Math.Min(FirstProducedMs, touch.ProducedMs), Math.Max(LastProducedMs, touch.ProducedMs));

    public CampaignRow ToRow(Windowed<long> campaign) => new(
        campaign.Window.Start, campaign.Window.End, campaign.Key, Views, Clicks, Purchases, Views == 0 ? 0 : Math.Round((decimal)Clicks / Views, 6), Events, FirstProducedMs, LastProducedMs);
}

/// <summary>How rows and totals are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CampaignRow))]
[JsonSerializable(typeof(Totals))]
internal sealed partial class RowJson : JsonSerializerContext;
