using CrashStreams.Operators;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Foreign-key joins whose two sides hang together in more than one way; what they give in the end, with several partitions.</summary>
public class ForeignKeyJoinTests
{
    [Fact]
    public void A_table_joins_itself()
    {
        var builder = new StreamsBuilder();
        var employees = builder.Table<string, string>("employees", materialized: "employees");
        employees.LeftJoin(employees, static manager => manager == "-" ? null : manager, static (manager, above) => $"{manager}<{above.Or("nobody")}", "levels", "fk").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["employees"] = 3 });
        var input = driver.Input<string, string>("employees");
        input.Pipe("ann", "bob", 1);
        input.Pipe("bob", "cy", 2);
        input.Pipe("cy", "-", 3);
        input.Pipe("bob", "-", 4);

        Last(driver).Should().Equal(("ann", "bob<-"), ("bob", "-<nobody"), ("cy", "-<nobody"));
    }

    // The right side is fed by the left one: a clock that waited for answers would wait for itself.
    [Fact]
    public void A_table_joins_what_was_made_of_it_and_its_windows_close()
    {
        var builder = new StreamsBuilder();
        var orders = builder.Stream<string, string>("orders");
        orders.GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromMilliseconds(10))).Count("windows").Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("final");
        var table = orders.ToTable("orders");
        var counts = table.GroupBy(static (_, customer) => (customer, 1L), new() { Name = "by-customer" }).Count("counts");
        table.Join(counts, static customer => customer, static (customer, count) => $"{customer}:{count}", "joined", "fk").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["orders"] = 2 });
        var input = driver.Input<string, string>("orders");
        input.Pipe("o1", "x", 1, partition: 0);
        input.Pipe("o2", "x", 2, partition: 1);
        input.Pipe("o3", "y", 30, partition: 0);
        input.Pipe("o4", "y", 31, partition: 1);

        Last(driver).Should().Equal(("o1", "x:2"), ("o2", "x:2"), ("o3", "y:2"), ("o4", "y:2"));
        driver.Read("final").Should().HaveCount(2);
    }

    [Fact]
    public void The_result_of_a_join_joins_on()
    {
        var builder = new StreamsBuilder();
        var (orders, customers, countries) = (builder.Table<string, string>("orders"), builder.Table<string, string>("customers"), builder.Table<string, string>("countries"));
        orders.Join(customers, static customer => customer, static (customer, country) => $"{customer}/{country}", name: "customer")
            .Join(countries, static (_, order) => order.Split('/')[1], static (order, country) => $"{order}={country}", name: "country").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["orders"] = 2, ["customers"] = 3, ["countries"] = 1 });
        driver.Input<string, string>("orders").Pipe("o1", "ann", 1);
        driver.Input<string, string>("customers").Pipe("ann", "at", 2);
        driver.Input<string, string>("countries").Pipe("at", "Austria", 3);
        driver.Input<string, string>("countries").Pipe("be", "Belgium", 4);
        driver.Input<string, string>("customers").Pipe("ann", "be", 5);

        Last(driver).Should().Equal(("o1", "ann/be=Belgium"));
    }

    [Fact]
    public void A_foreign_key_of_a_value_type_may_be_missing()
    {
        var builder = new StreamsBuilder();
        var (orders, customers) = (builder.Table<string, long>("orders"), builder.Table<long?, string>("customers"));
        orders.LeftJoin(customers, static number => number < 0 ? null : (long?)number, static (number, name) => $"{number}:{name.Or("?")}", name: "fk").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<long?, string>("customers").Pipe(7, "ann", 1);
        driver.Input<string, long>("orders").Pipe("a", 7, 2);
        driver.Input<string, long>("orders").Pipe("b", -1, 3);

        Last(driver).Should().Equal(("a", "7:ann"), ("b", "-1:?"));
    }

    // The right table is drained before the left one: no answer may be late at the windows behind.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Windows_behind_a_join_wait_for_its_answers(bool isRightFirst)
    {
        var builder = new StreamsBuilder();
        var (orders, customers) = (builder.Table<string, string>("orders"), builder.Table<string, string>("customers"));
        orders.Join(customers, static customer => customer, static (customer, name) => customer + name, name: "fk").ToStream()
            .GroupBy(static (_, pair) => pair, new() { Name = "by-pair" }).WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromMilliseconds(10))).Count("counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final").ToStream(static (key, _) => key.Key).MapValues(static count => $"{count}").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        for (var side = 0; side < 2; side++)
        {
            for (var time = 1; time < 100; time += 5)
            {
                if (side == 0 == isRightFirst)
                    Append(driver, "customers", time < 50 ? "c" : "d", "!", time);
                else
                    Append(driver, "orders", $"o{time}", "c", time);
            }
        }

        driver.Settle();
        driver.Dropped.Should().NotContainKey("late");
    }

    // "a:1" names row "a" of the right table, "-:1" none, "" deletes. What is changed at once is changed before the first answer comes back, and the answer by which the result has to go is out of date then.
    [Theory]
    [InlineData("left k -:1, left k -:2")]
    [InlineData("left k -:1, left k ")]
    [InlineData("left k b:1, left k b:2")]
    [InlineData("left k -:1, left k b:1")]
    [InlineData("left k , left k b:1")]
    [InlineData("right a , left k a:2")]
    [InlineData("left k a:2, right a , left k a:3, left k -:1, left k b:1, left k b:2")]
    public void A_result_that_has_to_go_goes_however_often_its_row_changes_meanwhile(string changes)
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Table<string, string>("left"), builder.Table<string, string>("right"));
        left.Join(right, static row => row[0] == '-' ? null : row[..1], static (row, other) => $"{row} {other}", name: "fk").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["left"] = 1, ["right"] = 2 });
        driver.Input<string, string>("right").Pipe("a", "there", 1);
        driver.Input<string, string>("left").Pipe("k", "a:1", 2);
        Last(driver).Should().Equal(("k", "a:1 there"));

        foreach (var (change, time) in changes.Split(", ").Select(static (c, i) => (c.Split(' '), i + 3L)))
            driver.Append(change[0], System.Text.Encoding.UTF8.GetBytes(change[1]), change[2].Length > 0 ? System.Text.Encoding.UTF8.GetBytes(change[2]) : null, time);
        driver.Settle();

        driver.Output<string, string?>("out").Read()[^1].Value.Should().BeNull();
    }

    [Fact]
    public void Unnamed_nodes_topics_and_stores_have_the_names_that_Kafka_Streams_gives()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("l").Join(builder.Table<string, string>("r"), static v => v, static (l, r) => l + r).ToStream().To("out");
        var topology = builder.Build();
        topology.RepartitionTopics.Keys.Should().Equal("KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000014-topic");
        topology.SubTopologies.SelectMany(static s => s.Nodes).SelectMany(static n => n.Stores).Select(static s => s.Name).Distinct()
            .Should().BeEquivalentTo("l-STATE-STORE-0000000000", "r-STATE-STORE-0000000003", "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-0000000010");
        topology.Describe().Should().Contain("KTABLE-FK-JOIN-OUTPUT-0000000018").And.Contain("KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-0000000017");
    }

    /// <summary>Hashes of Kafka Streams' tests, and the hash of a row of its vectors.</summary>
    [Theory]
    [InlineData("21", 123, "514974A907FBDB26B69C955C69A3D3F5")]
    [InlineData("foobar", 123, "FB1FB69C526F798F7C574E3DFF72417C")]
    [InlineData("a-little-bit-long-string", 123, "7AA0B078858625AAFD3FF3490A6465A5")]
    [InlineData("a-little-bit-longer-string", 123, "19831E17895F6F9F7A0D0254BE7800D1")]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 123, "C827CD6C8663D4F5EB6DBFE6559F428A")]
    [InlineData("abc", 123, "14ABBFBDA7F7BDA2B47DC2D6A648A3F3")]
    [InlineData("z-0", 104_729, "934DCDC0C274DA937FE578929B527367")]
    public void A_row_has_the_hash_that_Kafka_Streams_gives_it(string text, ulong seed, string hash) =>
        Murmur3.Hash(System.Text.Encoding.UTF8.GetBytes(text), seed).ToString("X32", null).Should().Be(hash);

    private static void Append(TopologyTestDriver driver, string topic, string key, string value, long time) =>
        driver.Append(topic, System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value), time);

    private static IEnumerable<(string, string)> Last(TopologyTestDriver driver) => driver.Output<string, string>("out").Read()
        .GroupBy(static r => r.Key).Select(static g => (g.Key, g.Last().Value)).OrderBy(static r => r.Key, StringComparer.Ordinal);
}
