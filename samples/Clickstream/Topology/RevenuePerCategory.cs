using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>A category's transactions; decimal, so that the sum does not depend on their order.</summary>
internal sealed record Revenue(long Count, decimal Sum)
{
    public static Revenue Add(Revenue a, Revenue b) => new(a.Count + b.Count, a.Sum + b.Sum);
}

/// <summary>Revenue per category in windows of five minutes, in files.</summary>
internal static class RevenuePerCategory
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(5);

    public static void Add(StreamsBuilder builder, KStream<byte[], Purchase> purchases, ClickstreamOptions options, FileSink<RevenueRow> files)
    {
        var windows = TimeWindows.OfSizeAndGrace(_window, options.Grace);
        var revenue = Serdes.Json(RowJson.Default.Revenue, valuesAreImmutable: true);
        purchases
            .Map((_, purchase) => (purchase.Category, new Revenue(1, purchase.Amount)), "revenue-by-category")
            .Combine(windows, Revenue.Add)
            .GroupByKey(new() { Name = "revenue-by-category", KeySerde = Serdes.String, ValueSerde = revenue })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(Revenue.Add, new() { Name = "revenue", ValueSerde = revenue })
            .ToStream()
            .MapValues((key, sum) => new RevenueRow(key.Window.Start, key.Window.End, key.Key, sum.Count, sum.Sum), "revenue-rows")
            .ToFiles(builder, files);
    }
}
