using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>What is counted of a product's page: views, and each user once.</summary>
internal sealed record Views(long Count, long Users);

/// <summary>
/// Views and distinct users per product and category in windows of one minute. Users are counted in two steps: a row per user first, then the rows. So no set of users has to be kept, and
/// however many there are, they spread over all partitions.
/// </summary>
internal static class PageViews
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    public static void Add(KStream<byte[], Click> clicks, ClickstreamOptions options)
    {
        // The second step needs the same grace as the first: rows of a window come when it closes.
        var windows = TimeWindows.OfSizeAndGrace(_window, options.Grace);
        var page = Serdes.Tuple(Serdes.String, Serdes.String);
        clicks
            .Map((_, click) => ((click.ProductId, click.Category, click.UserId), (byte)1), "views-by-user")
            .GroupByKey(new() { Name = "views-by-user", KeySerde = Serdes.Tuple(Serdes.String, Serdes.String, Serdes.String), ValueSerde = Serdes.Byte })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Count("views-per-user")
            .ToStream()
            .Map((user, views) => ((user.Key.ProductId, user.Key.Category), views), "views-by-product")
            .GroupByKey(new() { Name = "views-by-product", KeySerde = page, ValueSerde = Serdes.Int64 })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Aggregate(
                static () => new Views(0, 0),
                static (_, views, sum) => new(sum.Count + views, sum.Users + 1),
                new() { Name = "views", ValueSerde = Serdes.Json(RowJson.Default.Views, valuesAreImmutable: true) })
            .ToStream()
            .Map((key, views) => (key.Key.ProductId, new PageViewRow(key.Window.Start, key.Window.End, key.Key.ProductId, key.Key.Category, views.Count, views.Users)), "page-view-rows")
            .To(options.PageViews, new() { ValueSerde = Serdes.Json(RowJson.Default.PageViewRow) });
    }
}
