using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>The four results, each in a file of its own beside this one.</summary>
internal static class ClickstreamTopology
{
    /// <summary>Builds the topology.</summary>
    /// <param name="options">Topics, and how long results wait for late events.</param>
    /// <param name="revenue">Writes the files with revenue.</param>
    public static CrashStreams.Topology Build(ClickstreamOptions options, FileSink<RevenueRow> revenue)
    {
        var builder = new StreamsBuilder();
        var clicks = builder.Stream<byte[], Click>(options.Clickstream, new()
        {
            Name = "clicks", KeySerde = Serdes.Bytes, ValueSerde = new ClickSerde(), TimestampExtractor = new((_, click, _) => click?.TimeMs ?? -1),
        });
        var purchases = builder.Stream<byte[], Purchase>(options.Transactions, new()
        {
            Name = "purchases", KeySerde = Serdes.Bytes, ValueSerde = new PurchaseSerde(), TimestampExtractor = new((_, purchase, _) => purchase?.TimeMs ?? -1),
        });

        PageViews.Add(clicks, options);
        RevenuePerCategory.Add(builder, purchases, options, revenue);
        ConversionPerProduct.Add(clicks, purchases, options);
        SessionLengths.Add(clicks, options);
        return builder.Build();
    }

    public static FileSink<RevenueRow> RevenueFiles(IFileStorage storage) =>
        new("revenue-files", Serdes.Json(RowJson.Default.RevenueRow, valuesAreImmutable: true), RevenueRow.Format, storage);

    /// <summary>The topics that the application makes for itself, without its id in front.</summary>
    public static IReadOnlyList<string> OwnTopics { get; } =
    [
        "views-by-user-repartition", "views-per-user-changelog", "views-by-product-repartition", "views-changelog",
        "revenue-by-category-repartition", "revenue-changelog", "revenue-files-changelog",
        "clicks-by-pair-repartition", "purchases-by-pair-repartition", "pairs-changelog", "conversions-by-product-repartition", "conversions-changelog",
        "clicks-by-session-repartition", "session-lengths-changelog", "count-sessions-order-changelog", "instances",
    ];
}
