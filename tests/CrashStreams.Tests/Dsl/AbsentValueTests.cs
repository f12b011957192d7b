using CrashStreams.Processing;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A tombstone of a value type is no zero: functions of the value are not called for it, and it stays a tombstone.</summary>
public class AbsentValueTests
{
    [Fact]
    public void A_removed_row_stays_removed_behind_mappers()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("c").Filter((_, n) => n < 2).ToStream().MapValues(n => n + 1).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("k", "x", 0);
        driver.Input<string, string>("in").Pipe("k", "x", 1);
        driver.Read("out").Select(r => r.Value is null ? "-" : $"{Serdes.Int64.Deserialize(r.Value)}").Should().Equal("2", "-");
    }

    [Theory]
    [InlineData("MapValues", "-")]
    [InlineData("FlatMapValues", "-")]
    [InlineData("Filter", "-")]
    [InlineData("FilterNot", "-")]
    [InlineData("Peek", "-")]
    [InlineData("Default", "-")]
    [InlineData("Merge", "-")]
    [InlineData("Repartition", "-")]
    [InlineData("Map", "absent-value")]
    [InlineData("SelectKey", "absent-value")]
    [InlineData("FlatMap", "absent-value")]
    [InlineData("ChosenTopic", "absent-value")]
    [InlineData("NoDefault", "absent-value")]
    [InlineData("Count", "null-key-or-value")]
    [InlineData("Reduce", "null-key-or-value")]
    [InlineData("WindowedReduce", "null-key-or-value")]
    public void An_absent_long_is_shown_to_nobody(string name, string expected)
    {
        var builder = new StreamsBuilder();
        Declare(name, builder.Stream<string, long>("in"));
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", "k"u8.ToArray(), null, 0);
        var out1 = driver.Read("out");
        if (expected == "-")
        {
            out1.Should().ContainSingle().Which.Value.Should().BeNull();
            driver.Dropped.Should().BeEmpty();
        }
        else
        {
            out1.Should().BeEmpty();
            driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long> { [expected] = 1 });
        }
    }

    [Fact]
    public void A_windowed_count_counts_records_without_a_value_as_Kafka_Streams_does()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Count("c").ToStream().Map((k, n) => (k.Key, n)).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", "k"u8.ToArray(), null, 0);
        driver.Output<string, long>("out").Read().Should().ContainSingle().Which.Value.Should().Be(1);
    }

    [Fact]
    public void Null_of_a_reference_type_and_of_a_nullable_one_is_shown()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string?>("in").MapValues(v => v is null ? "none" : v).To("out");
        builder.Stream<string, long?>("numbers").MapValues(v => v is null ? "none" : $"{v}").To("out2");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", "k"u8.ToArray(), null, 0);
        driver.Pipe("numbers", "k"u8.ToArray(), null, 0);
        driver.Output<string, string>("out").Read().Should().ContainSingle().Which.Value.Should().Be("none");
        driver.Output<string, string>("out2").Read().Should().ContainSingle().Which.Value.Should().Be("none");
    }

    [Fact]
    public void An_extractor_of_the_value_is_not_asked_for_a_tombstones_time()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in", new() { TimestampExtractor = new((_, value, _) => value) }).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", "k"u8.ToArray(), null, 77);
        driver.Read("out").Should().ContainSingle().Which.Timestamp.Should().Be(77);
    }

    [Fact]
    public void An_absent_key_of_a_value_type_stays_absent()
    {
        var builder = new StreamsBuilder();
        builder.Stream<long, string>("in").Filter((_, v) => v == "x").MapValues(v => v + "y").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", null, "x"u8.ToArray(), 0);
        var result = driver.Read("out").Should().ContainSingle().Subject;
        (result.Key, Serdes.String.Deserialize(result.Value)).Should().Be((null, "xy"));
    }

    [Fact]
    public void A_processor_can_forward_a_tombstone_of_a_value_type()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").ProcessValues<long>(() => new Remover()).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, long>("in").Pipe("k", 1, 0);
        driver.Read("out").Should().ContainSingle().Which.Value.Should().BeNull();
    }

    private static void Declare(string name, KStream<string, long> stream)
    {
        static long Never(long value) => throw new InvalidOperationException($"called with {value}");
        switch (name)
        {
            case "MapValues": stream.MapValues(Never).To("out"); break;
            case "FlatMapValues": stream.FlatMapValues<long>(v => [Never(v)]).To("out"); break;
            case "Filter": stream.Filter((_, v) => Never(v) > 0).To("out"); break;
            case "FilterNot": stream.FilterNot((_, v) => Never(v) > 0).To("out"); break;
            case "Peek": stream.Peek((_, v) => Never(v)).To("out"); break;
            case "Default": stream.Split().Branch((_, v) => Never(v) > 0).DefaultBranch(rest => rest.To("out")); break;
            case "NoDefault": stream.Split().Branch((_, v) => Never(v) > 0, some => some.To("out")).NoDefaultBranch(); break;
            case "Merge": stream.Merge(stream.Filter((_, v) => false).Split().Branch((_, v) => Never(v) > 0).DefaultBranch(name: "rest").Values.Last().ProcessValues<long>(() => new Swallower())).To("out"); break;
            case "Repartition": stream.Repartition(new() { Name = "again" }).To("out"); break;
            case "Map": stream.Map((k, v) => (k, Never(v))).To("out"); break;
            case "SelectKey": stream.SelectKey((_, v) => Never(v)).To("out"); break;
            case "FlatMap": stream.FlatMap<string, long>((k, v) => [(k, Never(v))]).To("out"); break;
            case "ChosenTopic": stream.To((_, v) => $"{Never(v)}"); break;
            case "Count": stream.GroupByKey().Count("c").ToStream().To("out"); break;
            case "Reduce": stream.GroupByKey().Reduce((a, b) => Never(a + b), new() { Name = "r" }).ToStream().To("out"); break;
            case "WindowedReduce":
                stream.GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Reduce((a, b) => Never(a + b), new() { Name = "r" })
                    .ToStream().Map((k, n) => (k.Key, n)).To("out");
                break;
            default: throw new ArgumentOutOfRangeException(nameof(name));
        }
    }

    private sealed class Remover : Processor<string, long, string, long>
    {
        public override void Process(in Record<string, long> record) => Forward(record.WithoutValue());
    }

    private sealed class Swallower : Processor<string, long, string, long>
    {
        public override void Process(in Record<string, long> record)
        {
        }
    }
}
