using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>What is counted of a product's page: views, and each user once.</summary>
internal sealed record Views(long Count, long Users)
{
    public static Views Add(Views a, Views b) => new(a.Count + b.Count, a.Users + b.Users);
}

/// <summary>
/// Views and distinct users per product and category in windows of one minute. Users are counted in two steps: a row per user first, then the rows. So no set of users has to be kept, and
/// however many there are, they spread over all partitions. In front of each shuffle records are combined.
/// </summary>
internal static class PageViews
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    public static void Add(KStream<byte[], Click> clicks, ClickstreamOptions options)
    {
        // The second step needs the same grace as the first: rows of a window come when it closes.
        var windows = TimeWindows.OfSizeAndGrace(_window, options.Grace);
        var user = Serdes.Tuple(Serdes.String, Serdes.String, Serdes.String);
        var page = Serdes.Tuple(Serdes.String, Serdes.String);
        var views = Serdes.Json(RowJson.Default.Views, valuesAreImmutable: true);
        clicks
            .Map((_, click) => ((click.ProductId, click.Category, click.UserId), 1L), "views-by-user")
            .Combine(windows, static (a, b) => a + b, new() { KeySerde = user })
            .GroupByKey(new() { Name = "views-by-user", KeySerde = user, ValueSerde = Serdes.Int64 })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(static (a, b) => a + b, "views-per-user")
            .ToStream()
            .Map((user, count) => ((user.Key.ProductId, user.Key.Category), new Views(count, 1)), "views-by-product")
            .Combine(windows, Views.Add, new() { KeySerde = page })
            .GroupByKey(new() { Name = "views-by-product", KeySerde = page, ValueSerde = views })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(Views.Add, new() { Name = "views", ValueSerde = views })
            .ToStream()
            .Map((key, sum) => (key.Key.ProductId, new PageViewRow(key.Window.Start, key.Window.End, key.Key.ProductId, key.Key.Category, sum.Count, sum.Users)), "page-view-rows")
            .To(options.PageViews, new() { ValueSerde = Serdes.Json(RowJson.Default.PageViewRow) });
    }
}
