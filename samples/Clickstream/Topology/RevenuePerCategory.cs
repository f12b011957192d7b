using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>A category's transactions; decimal, so that the sum does not depend on their order.</summary>
internal sealed record Revenue(long Count, decimal Sum);

/// <summary>Revenue per category in windows of five minutes, in files.</summary>
internal static class RevenuePerCategory
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(5);

    public static void Add(StreamsBuilder builder, KStream<byte[], Purchase> purchases, ClickstreamOptions options, FileSink<RevenueRow> files) => purchases
        .Map((_, purchase) => (purchase.Category, purchase.Amount), "revenue-by-category")
        .GroupByKey(new() { Name = "revenue-by-category", KeySerde = Serdes.String, ValueSerde = Serdes.Decimal })
        .WindowedBy(TimeWindows.OfSizeAndGrace(_window, options.Grace))
        .Emit(EmitStrategy.OnWindowClose)
        .Aggregate(
            static () => new Revenue(0, 0),
            static (_, amount, revenue) => new(revenue.Count + 1, revenue.Sum + amount),
            new() { Name = "revenue", ValueSerde = Serdes.Json(RowJson.Default.Revenue, valuesAreImmutable: true) })
        .ToStream()
        .MapValues((key, revenue) => new RevenueRow(key.Window.Start, key.Window.End, key.Key, revenue.Count, revenue.Sum), "revenue-rows")
        .ToFiles(builder, files);
}
