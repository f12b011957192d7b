using System.Globalization;
using CrashStreams.Processing;
using CrashStreams.Samples.AdCampaigns.Events;
using CrashStreams.Samples.AdCampaigns.Results;

namespace CrashStreams.Samples.AdCampaigns;

/// <summary>Finds each event's campaign in the table of ads, and counts per campaign in windows of ten seconds.</summary>
internal static class CampaignTopology
{
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(10);

    public static Topology Build(CampaignOptions options)
    {
        var builder = new StreamsBuilder();
        var ads = builder.GlobalTable<string, string>(options.Ads, new() { Name = "ads" });
        builder
            .Stream<byte[], AdEvent>(options.Events, new()
            {
                Name = "events", KeySerde = Serdes.Bytes, ValueSerde = new AdEventSerde(), TimestampExtractor = new((_, read, _) => read?.TimeMs ?? -1),
            })
            .LeftJoin(ads, static (_, read) => read.AdId!, static (read, campaign) => (Event: read, Campaign: Number(campaign) ?? read.CampaignId), "campaign-of-ad")
            .Process(static () => new ByCampaign(), name: "by-campaign")
            .GroupByKey(new() { Name = "by-campaign", KeySerde = Serdes.Int64, ValueSerde = new TouchSerde() })
            .WindowedBy(TimeWindows.OfSizeAndGrace(_window, options.Grace))
            .Emit(EmitStrategy.OnWindowClose)
            .Aggregate(static () => Totals.None, static (_, touch, totals) => totals.Add(touch), new() { Name = "totals", ValueSerde = Serdes.Json(RowJson.Default.Totals, valuesAreImmutable: true) })
            .ToStream()
            .Map(static (campaign, totals) => (campaign.Key.ToString(CultureInfo.InvariantCulture), totals.ToRow(campaign)), "rows")
            .To(options.Results, new() { ValueSerde = Serdes.Json(RowJson.Default.CampaignRow) });
        return builder.Build();
    }

    /// <summary>The topics that the application makes for itself, without its id in front.</summary>
    public static IReadOnlyList<string> OwnTopics { get; } = ["by-campaign-repartition", "totals-changelog", "instances"];

    private static long? Number(Optional<string> campaign) =>
        campaign.HasValue && long.TryParse(campaign.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Gives events their campaign as key; those without one are dropped, counted.</summary>
    private sealed class ByCampaign : Processor<byte[], (AdEvent Event, long? Campaign), long, Touch>
    {
        public override void Process(in Record<byte[], (AdEvent Event, long? Campaign)> record)
        {
            if (record.Value.Campaign is { } campaign)
                Forward(new(campaign, new(record.Value.Event.Action, record.Value.Event.ProducedMs), record.Timestamp));
            else
                Context.Drop("unknown-ad");
        }
    }
}
