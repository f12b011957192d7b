using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Three of the demos that come with Kafka Streams, written from the documents of this library.</summary>
public class DemoTests
{
    [Fact]
    public void Word_count()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("streams-plaintext-input")
            .FlatMapValues(line => line.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .GroupBy((_, word) => word, new() { Name = "words" })
            .Count("word-counts")
            .ToStream()
            .To("streams-wordcount-output");

        using var driver = new TopologyTestDriver(builder.Build());
        var lines = driver.Input<string, string>("streams-plaintext-input");
        lines.Pipe("1", "all streams lead to kafka", timestamp: 1);
        lines.Pipe("2", "hello kafka streams", timestamp: 2);

        driver.Output<string, long>("streams-wordcount-output").Read().Select(r => (r.Key, r.Value)).Should().Equal(
            ("all", 1), ("streams", 1), ("lead", 1), ("to", 1), ("kafka", 1), ("hello", 1), ("kafka", 2), ("streams", 2));
    }

    // Page views joined with the profiles of their users, counted by region in windows of seven days that advance by a second in the original, by a day here.
    [Fact]
    public void Page_view_by_region()
    {
        var builder = new StreamsBuilder();
        var views = builder.Stream<string, string>("streams-pageview-input");
        var regions = builder.Table<string, string>("streams-userprofile-input", materialized: "user-regions");
        views.LeftJoin(regions, (page, region) => region.Or("UNKNOWN"))
            .SelectKey((_, region) => region)
            .GroupByKey(new() { Name = "by-region" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromDays(7), TimeSpan.FromDays(1)).AdvanceBy(TimeSpan.FromDays(1)))
            .Emit(EmitStrategy.OnWindowClose)
            .Count("views-by-region")
            .ToStream()
            .Map((window, count) => ($"{window.Key}@{window.Window.Start:yyyy-MM-dd}", count))
            .To("streams-pageviewstats-output");

        using var driver = new TopologyTestDriver(builder.Build(), startTime: new DateTimeOffset(2026, 3, 20, 0, 0, 0, TimeSpan.Zero));
        long Day(int day) => new DateTimeOffset(2026, 3, day, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        driver.Input<string, string>("streams-userprofile-input").Pipe("alice", "europe", Day(1));
        driver.Input<string, string>("streams-pageview-input").Pipe("alice", "index.html", Day(2));
        driver.Input<string, string>("streams-pageview-input").Pipe("bob", "index.html", Day(2));
        driver.Input<string, string>("streams-pageview-input").Pipe("alice", "shop.html", Day(3));
        driver.Input<string, string>("streams-userprofile-input").Pipe("late", "asia", Day(19));
        driver.Input<string, string>("streams-pageview-input").Pipe("late", "shop.html", Day(19));

        var counts = driver.Output<string, long>("streams-pageviewstats-output").Read().Select(r => (r.Key, r.Value)).ToList();
        counts.Should().Contain([("europe@2026-03-02", 2), ("UNKNOWN@2026-03-02", 1), ("europe@2026-03-03", 1)]);
        counts.Should().NotContain(r => r.Key.StartsWith("asia"), "its windows are still open");
    }

    // Orders with the customers that they name and the products that those bought last.
    [Fact]
    public void Order_enrichment()
    {
        var builder = new StreamsBuilder();
        var orders = builder.Table<string, string>("orders", materialized: "orders");             // order → customer:product
        var customers = builder.Table<string, string>("customers", materialized: "customers");    // customer → name
        var products = builder.Table<string, string>("products", materialized: "products");       // product → description
        orders
            .Join(customers, order => order.Split(':')[0], (order, name) => $"{order}:{name}", name: "order-customer")
            .LeftJoin(products, order => order.Split(':')[1], (order, product) => $"{order.Split(':')[2]} ordered {product.Or("something")}", "enriched", "order-product")
            .ToStream()
            .To("enriched-orders");

        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["orders"] = 4, ["customers"] = 2, ["products"] = 3 });
        driver.Input<string, string>("customers").Pipe("c1", "Ann", 1);
        driver.Input<string, string>("orders").Pipe("o1", "c1:p1", 2);
        driver.Input<string, string>("products").Pipe("p1", "a chair", 3);
        driver.Input<string, string>("customers").Pipe("c1", "Anne", 4);
        driver.Input<string, string>("orders").Pipe("o2", "nobody:p1", 5);

        driver.Output<string, string>("enriched-orders").Read().Select(r => (r.Key, r.Value)).Should().Equal(
            ("o1", "Ann ordered something"), ("o1", "Ann ordered a chair"), ("o1", "Anne ordered a chair"));
    }
}
