using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>What is counted of clicks and the purchases after them; see <see cref="AnalyticsRow"/>.</summary>
internal sealed record Conversions(long Clicks, long Purchases, long UniqueClicks, long ConvertedClicks)
{
    public static Conversions Add(Conversions a, Conversions b) =>
        new(a.Clicks + b.Clicks, a.Purchases + b.Purchases, a.UniqueClicks + b.UniqueClicks, a.ConvertedClicks + b.ConvertedClicks);
}

/// <summary>
/// Clicks left-joined with the purchases of the same user and product within ten minutes, counted per product in windows of five minutes of the clicks' times. Only how many purchases each click
/// has is needed, and there may be hundreds: instead of making the pairs, both sides are collected per user and product, and counted when the window closes. A purchase is collected in each
/// window that may hold clicks before it.
/// </summary>
internal static class ConversionPerProduct
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    public static void Add(KStream<byte[], Click> clicks, KStream<byte[], Purchase> purchases, ClickstreamOptions options)
    {
        var windows = TimeWindows.OfSizeAndGrace(Window, Bound + options.Grace);
        var conversions = Serdes.Json(RowJson.Default.Conversions, valuesAreImmutable: true);
        var clicksOfPairs = ByPair(clicks.Map((_, click) => ((click.UserId, click.ProductId), Touch.Of(click)), "clicks-of-pairs"), windows, "clicks-by-pair");
        var purchasesOfPairs = purchases
            .Map((_, purchase) => ((purchase.UserId, purchase.ProductId), Touch.Of(purchase)), "purchases-of-pairs")
            .ProcessValues(static () => new IntoClickWindows<(string, string)>(Window, Bound), name: "into-click-windows");

        clicksOfPairs
            .Merge(ByPair(purchasesOfPairs, windows, "purchases-by-pair"), "touches")
            .GroupByKey()
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(static (touches, others) => touches.Add(others), new() { Name = "pairs", ValueSerde = TouchesSerde.Instance })
            .ToStream()
            .Map((key, touches) => (key.Key.ProductId, touches.Count(Bound)), "conversions-by-product")
            .Filter((_, conversions) => conversions.UniqueClicks > 0, "with-clicks")
            .Combine(windows, Conversions.Add)
            .GroupByKey(new() { Name = "conversions-by-product", KeySerde = Serdes.String, ValueSerde = conversions })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(Conversions.Add, new() { Name = "conversions", ValueSerde = conversions })
            .ToStream()
            .Map((key, sum) => (key.Key, Row(key, sum)), "analytics-rows")
            .To(options.AnalyticsResults, new() { ValueSerde = Serdes.Json(RowJson.Default.AnalyticsRow) });
    }

    // Touches of a pair and window that are read between two commits go through the shuffle as one record.
    private static KStream<(string UserId, string ProductId), Touches> ByPair(KStream<(string UserId, string ProductId), Touch> touches, TimeWindows windows, string name)
    {
        var pair = Serdes.Tuple(Serdes.String, Serdes.String);
        return touches
            .Combine(windows, static () => new List<Touch>(), AddTo, new() { KeySerde = pair })
            .MapValues(static list => Touches.Of(list))
            .Repartition(new() { Name = name, KeySerde = pair, ValueSerde = TouchesSerde.Instance });
    }

    private static List<Touch> AddTo((string UserId, string ProductId) pair, Touch touch, List<Touch> list)
    {
        list.Add(touch);
        return list;
    }

    private static AnalyticsRow Row(Windowed<string> product, Conversions sum) => new(
        product.Window.Start, product.Window.End, product.Key, sum.Clicks, sum.Purchases, Math.Round((decimal)sum.Purchases / sum.Clicks, 6), sum.UniqueClicks, sum.ConvertedClicks);
}
