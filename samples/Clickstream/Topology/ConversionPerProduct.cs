using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>What is counted of clicks and the purchases after them; see <see cref="AnalyticsRow"/>.</summary>
internal sealed record Conversions(long Clicks, long Purchases, long UniqueClicks, long ConvertedClicks)
{
    public static Conversions None { get; } = new(0, 0, 0, 0);

    public Conversions Add(Conversions other) =>
        new(Clicks + other.Clicks, Purchases + other.Purchases, UniqueClicks + other.UniqueClicks, ConvertedClicks + other.ConvertedClicks);
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
        var pair = Serdes.Tuple(Serdes.String, Serdes.String);
        var clicksOfPairs = clicks
            .Map((_, click) => ((click.UserId, click.ProductId), new Touch(IsPurchase: false, click.TimeMs)), "clicks-by-pair")
            .Repartition(new() { Name = "clicks-by-pair", KeySerde = pair, ValueSerde = TouchSerde.Instance });
        var purchasesOfPairs = purchases
            .Map((_, purchase) => ((purchase.UserId, purchase.ProductId), new Touch(IsPurchase: true, purchase.TimeMs)), "purchases-by-pair")
            .Repartition(new() { Name = "purchases-by-pair", KeySerde = pair, ValueSerde = TouchSerde.Instance })
            .ProcessValues(static () => new IntoClickWindows<(string, string)>(Window, Bound), name: "into-click-windows");

        clicksOfPairs
            .Merge(purchasesOfPairs, "touches")
            .GroupByKey(new() { KeySerde = pair, ValueSerde = TouchSerde.Instance })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Aggregate(static () => Touches.None, static (_, touch, touches) => touches.Add(touch), new() { Name = "pairs", ValueSerde = new TouchesSerde() })
            .ToStream()
            .Map((key, touches) => (key.Key.ProductId, touches.Count(Bound)), "conversions-by-product")
            .Filter((_, conversions) => conversions.UniqueClicks > 0, "with-clicks")
            .GroupByKey(new() { Name = "conversions-by-product", KeySerde = Serdes.String, ValueSerde = Serdes.Json(RowJson.Default.Conversions, valuesAreImmutable: true) })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(static (sum, conversions) => sum.Add(conversions), new() { Name = "conversions", ValueSerde = Serdes.Json(RowJson.Default.Conversions, valuesAreImmutable: true) })
            .ToStream()
            .Map((key, sum) => (key.Key, Row(key, sum)), "analytics-rows")
            .To(options.AnalyticsResults, new() { ValueSerde = Serdes.Json(RowJson.Default.AnalyticsRow) });
    }

    private static AnalyticsRow Row(Windowed<string> product, Conversions sum) => new(
        product.Window.Start, product.Window.End, product.Key, sum.Clicks, sum.Purchases, Math.Round((decimal)sum.Purchases / sum.Clicks, 6), sum.UniqueClicks, sum.ConvertedClicks);
}
