using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A table that is joined with what is made of it: an update reaches the join by both sides.</summary>
public class CommonTableTests
{
    public static TheoryData<string, bool> Joins
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var kind in new[] { "inner", "left", "outer", "reversed", "twice", "derived first" })
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Joins))]
    public void A_group_behind_the_join_holds_each_row_once(string kind, bool isMaterialized)
    {
        var builder = new StreamsBuilder();
        var table = builder.Table("in", null, new Materialized<string, long> { Name = "table" });
        var rows = isMaterialized ? new Materialized<string, long> { Name = "derived" } : null;
        // Each in its way: where a row passes, and what becomes of it.
        var derived = table.Filter(static (_, v) => v % 3 != 0).MapValues(static v => 100 * v, materialized: rows);
        var joined = kind switch
        {
            "inner" => table.Join(derived, static (a, b) => a + b),
            "left" => table.LeftJoin(derived, static (a, b) => a + (b.HasValue ? b.Value : 0)),
            "outer" => derived.OuterJoin(table, static (a, b) => (a.HasValue ? a.Value : 0) + (b.HasValue ? b.Value : 0)),
            "reversed" => derived.Join(table, static (a, b) => a + b),
            "twice" => table.Join(derived, static (a, b) => a + b).LeftJoin(derived, static (a, b) => a + (b.HasValue ? b.Value : 0)),
            _ => derived.LeftJoin(table.MapValues(static v => v + 1), static (a, b) => a + (b.HasValue ? b.Value : 0)),
        };
        joined.GroupBy(static (_, sum) => ("all", sum), new Grouped<string, long> { Name = "by-all" }).Reduce(static (a, b) => a + b, static (a, b) => a - b, "sums").ToStream().To("out");
        joined.ToStream().To("rows");
        using var driver = new TopologyTestDriver(builder.Build());
        var (random, current) = (new Random(5), new Dictionary<string, long>());
        for (var i = 0; i < 60; i++)
        {
            var key = $"k{random.Next(3)}";
            if (random.Next(4) == 0)
                driver.Pipe("in", System.Text.Encoding.UTF8.GetBytes(key), null, i);
            else
                driver.Input<string, long>("in").Pipe(key, random.Next(10), i);
            foreach (var row in driver.Output<string, long>("rows").Read())
            {
                if (row.HasValue)
                    current[row.Key] = row.Value;
                else
                    current.Remove(row.Key).Should().BeTrue("nothing is removed that was not there");
            }

            if (driver.Output<string, long>("out").Read() is [.., var last])
                last.Value.Should().Be(current.Values.Sum(), "after update {0}", i);
        }

        current.Should().NotBeEmpty();
    }

    [Fact]
    public void A_row_that_goes_takes_its_join_with_what_is_made_of_it_along()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("in");
        table.Join(table.MapValues(static v => v.ToUpperInvariant()), static (a, b) => a + b).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("k", "a", 1);
        driver.Input<string, string>("in").Pipe("k", null!, 2);
        driver.Output<string, string>("out").Read()[^1].HasValue.Should().BeFalse();
    }

    [Fact]
    public void The_store_that_this_takes_is_no_part_of_the_description()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("in");
        table.Join(table.MapValues(static v => v + v), static (a, b) => a + b, name: "joined").ToStream().To("out");
        var topology = builder.Build();
        topology.Describe().Should().NotContain("joined-rows");
        topology.SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Observed)).Should().NotContain(static s => s.Name == "joined-rows");
        topology.SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Watermarks)).Should().Contain(static s => s.Name == "joined-rows");
    }

    [Fact]
    public void Tables_that_are_made_of_one_stream_need_none()
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<string, string>("in").GroupByKey();
        grouped.Count("counts").Join(grouped.Reduce(static (_, last) => last, "latest"), static (a, b) => $"{a} {b}", name: "joined").ToStream().To("out");
        builder.Build().SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Watermarks)).Select(static s => s.Name).Should().BeEquivalentTo("counts", "latest");
    }
}
