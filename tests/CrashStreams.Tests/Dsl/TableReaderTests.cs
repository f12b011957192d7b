using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Tables without a store are worked out when they are read. A row that they don't have is not the default of its type.</summary>
public class TableReaderTests
{
    [Fact]
    public void A_row_that_a_join_does_not_have_is_not_read_as_zero()
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Table<string, long>("left"), builder.Table<string, long>("right"));
        left.Join(right, static (l, r) => l + r).LeftJoin(right, static (sum, r) => sum + r.Value).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, long>("right").Pipe("k", 9, 1);

        driver.Read("out").Should().BeEmpty();
    }

    [Fact]
    public void A_row_that_a_filter_holds_back_is_not_read_as_zero_behind_a_map()
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Table<string, long>("left"), builder.Table<string, long>("right"));
        left.Filter(static (_, value) => value > 100).MapValues(static value => value + 1).Join(right, static (l, r) => l + r).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, long>("left").Pipe("k", 5, 1);
        driver.Input<string, long>("right").Pipe("k", 9, 2);

        driver.Read("out").Should().BeEmpty();
    }
}
