namespace CrashStreams.Tests.Dsl;

/// <summary>What is wrong with a topology is told when it is built, by the names of the nodes.</summary>
public class BuilderFaultTests
{
    [Fact]
    public void A_retention_shorter_than_window_and_grace_is_refused() => Building(b => b.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)))
            .Count(new() { Name = "counts", Retention = TimeSpan.FromSeconds(39) }))
        .Should().Throw<TopologyException>().WithMessage("*'counts'*00:00:39*00:00:40*");

    [Fact]
    public void Two_stores_of_one_name_are_refused() => Building(b =>
        {
            b.AddKeyValueStore<string, string>("seen");
            b.Stream<string, string>("in").GroupByKey().Count("seen");
        })
        .Should().Throw<TopologyException>().WithMessage("*Two stores are named 'seen'*");

    [Fact]
    public void A_sink_without_a_serde_is_named() => Building(b => b.Stream<string, string>("in").MapValues(_ => new Uri("a:b")).To("out", new() { Name = "uris" }))
        .Should().Throw<TopologyException>().WithMessage("*'uris': no serde for the value type System.Uri*");

    [Fact]
    public void A_store_without_a_serde_is_named() => Building(b => b.AddKeyValueStore<string, Uri>("uris").Stream<string, string>("in")
            .Process<string, string>(() => null!, ["uris"], "spider"))
        .Should().Throw<TopologyException>().WithMessage("*'uris': no serde for the value type System.Uri*");

    [Fact]
    public void A_prefilter_needs_a_time_that_is_in_the_bytes() => Building(b => b.Stream("in", new Consumed<string, string>
        {
            Name = "lines", TimestampExtractor = new((_, _, time) => time), Prefilter = static (in _) => true,
        }).To("out"))
        .Should().Throw<TopologyException>().WithMessage("*'lines': a prefilter needs a timestamp extractor that reads bytes*");

    [Fact]
    public void A_topology_that_reads_nothing_is_refused() => Building(_ => { }).Should().Throw<TopologyException>().WithMessage("*reads no topic*");

    [Fact]
    public void Suppression_until_windows_close_needs_windows() => Building(b => b.Stream<string, string>("in").GroupByKey().Count("counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final"))
        .Should().Throw<TopologyException>().WithMessage("*'final'*needs a windowed table*");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, -1)]
    public void Windows_of_no_size_or_negative_grace_are_refused(int sizeMs, int graceMs)
    {
        var make = () => TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(sizeMs), TimeSpan.FromMilliseconds(graceMs));
        make.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory]
    [InlineData("in put", "' ' is not allowed")]
    [InlineData("Größe", "'ö' is not allowed")]
    [InlineData("..", "'..' is no topic name")]
    [InlineData("", "a topic's name is missing")]
    public void Names_that_are_no_topics_are_refused_with_what_is_wrong(string topic, string why)
    {
        Building(b => b.Stream<string, string>(topic).To("out")).Should().Throw<TopologyException>().WithMessage($"*Source 'KSTREAM-SOURCE-0000000000': *{why}*");
        Building(b => b.Stream<string, string>("in").To(topic)).Should().Throw<TopologyException>().WithMessage($"*Sink 'KSTREAM-SINK-0000000001': *{why}*");
    }

    [Fact]
    public void A_store_is_named_like_a_topic() => Building(b => b.Stream<string, string>("in").GroupByKey().Count("my counts"))
        .Should().Throw<TopologyException>().WithMessage("*Store 'my counts'*' ' is not allowed*");

    [Fact]
    public void A_name_that_is_too_long_is_refused() => Building(b => b.Stream<string, string>(new string('a', 250)).To("out"))
        .Should().Throw<TopologyException>().WithMessage("*250 characters: at most 249*");

    [Fact]
    public void A_missing_function_is_refused_where_it_is_missing()
    {
        var stream = new StreamsBuilder().Stream<string, string>("in");
        foreach (var declare in new Action[]
        {
            () => stream.Filter(null!), () => stream.FilterNot(null!), () => stream.Map<string, string>(null!), () => stream.MapValues((Func<string, string>)null!),
            () => stream.MapValues((Func<string, string, string>)null!), () => stream.FlatMap<string, string>(null!), () => stream.FlatMapValues<string>(null!),
            () => stream.SelectKey<string>(null!), () => stream.Peek(null!), () => stream.ForEach(null!), () => stream.To((Func<string, string, string>)null!),
            () => stream.Process<string, string>(null!), () => stream.ProcessValues<string>(null!), () => stream.Split().Branch(null!), () => stream.Merge(null!),
            () => stream.GroupBy<string>(null!), () => stream.GroupByKey().Reduce(null!), () => stream.GroupByKey().Aggregate<long>(null!, (_, _, a) => a),
            () => stream.GroupByKey().Aggregate(() => 0L, null!), () => stream.GroupByKey().Count("c").Filter(null!),
            () => stream.GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Reduce(null!),
            () => stream.GroupByKey().WindowedBy((TimeWindows)null!),
        })
            declare.Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void Two_branches_of_one_name_are_refused_by_name()
    {
        var split = new StreamsBuilder().Stream<string, string>("in").Split("split-").Branch((_, _) => true, name: "a");
        split.Invoking(s => s.Branch((_, _) => true, name: "a")).Should().Throw<TopologyException>().WithMessage("*'split-'*'split-a'*");
    }

    [Fact]
    public void Streams_of_two_builders_can_not_be_merged()
    {
        var (one, other) = (new StreamsBuilder().Stream<string, string>("a"), new StreamsBuilder().Stream<string, string>("b"));
        one.Invoking(s => s.Merge(other)).Should().Throw<TopologyException>().WithMessage("*two builders*");
    }

    [Fact]
    public void One_processor_is_not_for_two_tasks()
    {
        var shared = new Idle();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => shared, name: "idle").To("out");
        var topology = builder.Build();
        var run = () => new CrashStreams.Testing.TopologyTestDriver(topology, partitions: new Dictionary<string, int> { ["in"] = 2 });
        run.Should().Throw<TopologyException>().WithMessage("*'idle'*new Idle(*");
    }

    [Fact]
    public void A_function_that_creates_no_processor_is_named()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process<string, string>(() => null!, name: "nobody").To("out");
        var topology = builder.Build();
        var run = () => new CrashStreams.Testing.TopologyTestDriver(topology);
        run.Should().Throw<TopologyException>().WithMessage("*'nobody' returned null*");
    }

    [Fact]
    public void The_driver_names_the_topics_that_there_are()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        using var driver = new CrashStreams.Testing.TopologyTestDriver(builder.Build());
        driver.Invoking(d => d.Input<string, string>("ni")).Should().Throw<ArgumentException>().WithMessage("'ni' is no source topic*'in'*");
        driver.Invoking(d => d.Read("uot")).Should().Throw<ArgumentException>().WithMessage("*no topic 'uot'*'out'*");
        driver.Read("out").Should().BeEmpty();
        var run = () => new CrashStreams.Testing.TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["ni"] = 2 });
        run.Should().Throw<ArgumentException>().WithMessage("'ni'*");
    }

    [Fact]
    public void A_grace_longer_than_the_tables_history_is_refused() => Building(static b => b.Stream<string, string>("in").LeftJoin(
            b.Table("rows", null, new Materialized<string, string> { Name = "history", HistoryRetention = TimeSpan.FromSeconds(5) }), static (v, _) => v, new() { Name = "join", Grace = TimeSpan.FromSeconds(6) }))
        .Should().Throw<TopologyException>().WithMessage("*'join'*00:00:06*00:00:05*");

    [Fact]
    public void A_grace_as_long_as_the_tables_history_will_do() => Building(static b => b.Stream<string, string>("in").LeftJoin(
            b.Table("rows", null, new Materialized<string, string> { Name = "history", HistoryRetention = TimeSpan.FromSeconds(5) }), static (v, _) => v, new() { Name = "join", Grace = TimeSpan.FromSeconds(5) }))
        .Should().NotThrow();

    [Fact]
    public void The_store_of_an_ordered_input_is_one_more_store() => Building(static b =>
    {
        b.AddKeyValueStore<string, string>("sessions-order");
        b.Stream<string, string>("in").GroupByKey().WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts", "sessions");
    }).Should().Throw<TopologyException>().WithMessage("*Two stores are named 'sessions-order'*");

    [Fact]
    public void The_store_of_an_ordered_input_is_named_like_a_topic() => Building(static b =>
            b.Stream<string, string>("in").GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts", "my windows"))
        .Should().Throw<TopologyException>().WithMessage("*'my windows-order'*' ' is not allowed*");

    [Fact]
    public void The_store_of_an_ordered_input_is_nobody_elses() => Building(static b =>
    {
        var stream = b.Stream<string, string>("in");
        stream.GroupByKey().WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts", "sessions");
        stream.Process(static () => new Idle(), ["sessions-order"]);
    }).Should().Throw<TopologyException>().WithMessage("*'sessions-order' that was not added*");

    [Theory]
    [InlineData("time")]
    [InlineData("session")]
    public void A_retention_shorter_than_window_and_grace_is_refused_of_streams_that_are_aggregated_together(string kind) => Building(b =>
    {
        var cogrouped = b.Stream<string, string>("in").GroupByKey().Cogroup<long>(static (_, _, n) => n + 1);
        var store = new Materialized<string, long> { Name = "counts", Retention = TimeSpan.FromSeconds(1) };
        if (kind == "time")
            cogrouped.WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(2))).Aggregate(static () => 0L, store);
        else
            cogrouped.WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(2))).Aggregate(static () => 0L, static (_, a, c) => a + c, store);
    }).Should().Throw<TopologyException>().WithMessage("*'counts': a retention of 00:00:01 is shorter than*");

    [Fact]
    public void A_generated_store_name_of_streams_that_are_aggregated_together_is_warned_of()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Cogroup<long>(static (_, _, n) => n + 1).Aggregate(static () => 0L);
        builder.Build().Warnings.Should().ContainSingle().Which.Should().Contain("'COGROUPKSTREAM-AGGREGATE-STATE-STORE-0000000001' has a generated name");
    }

    private static Action Building(Action<StreamsBuilder> declare) => () =>
    {
        var builder = new StreamsBuilder();
        declare(builder);
        builder.Build();
    };

    private sealed class Idle : CrashStreams.Processing.Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record)
        {
        }
    }
}
