using CrashStreams.Processing;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>What users do wrong while they declare a topology or drive it in a test: each mistake is an error that names the place and says what to do.</summary>
public class MisuseTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    /// <summary>Found when the call is made or the topology is built; the error has all of these texts.</summary>
    private static readonly Dictionary<string, (Action<StreamsBuilder> Declare, string[] Told)> _declarations = new()
    {
        ["a branch behind the default branch"] = (b => Ended(b).Branch((_, _) => true), ["split 'by-", "ended with DefaultBranch", "call Branch before that"]),
        ["two default branches"] = (b => Ended(b).DefaultBranch(name: "other"), ["split 'by-", "ended with DefaultBranch"]),
        ["a default branch after none"] = (b =>
        {
            var split = In(b).Split("by-");
            split.NoDefaultBranch();
            split.DefaultBranch();
        }, ["split 'by-", "ended with NoDefaultBranch"]),
        ["a join with a table of another builder"] = (b => In(b).Join(new StreamsBuilder().Table<string, string>("t"), (a, _) => a, new() { Name = "both" }), ["'both'", "two builders", "one StreamsBuilder"]),
        ["a join with a stream of another builder"] = (b => In(b).Join(In(new()), (a, _) => a, JoinWindows.OfTimeDifferenceWithNoGrace(_second)), ["two builders"]),
        ["a cogroup with a stream of another builder"] = (b => In(b).GroupByKey().Cogroup<long>((_, _, a) => a).Cogroup(In(new()).GroupByKey(), (_, _, a) => a).Aggregate(() => 0L, "sums"), ["two builders"]),
        ["a store without a name"] = (b => b.AddKeyValueStore<string, string>(null!), ["name"]),
        ["a window store without a window"] = (b => Using(b.AddWindowStore<string, string>("recent", TimeSpan.Zero, TimeSpan.Zero), "recent"), ["Store 'recent'", "a window of 0 ms", "at least one millisecond"]),
        ["a window store that forgets before a window ends"] = (b => Using(b.AddWindowStore<string, string>("recent", 2 * _second, _second), "recent"), ["Store 'recent'", "1000 ms is shorter than its window of 2000 ms"]),
        ["a session store with a negative retention"] = (b => Using(b.AddSessionStore<string, string>("visits", -_second), "visits"), ["Store 'visits'", "-1000 ms is negative"]),
        ["a versioned store with a negative history"] = (b => Using(b.AddVersionedStore<string, string>("prices", -_second), "prices"), ["Store 'prices'", "-1000 ms is negative"]),
        ["a table with a negative history"] = (b => b.Table<string, string>("t", materialized: new() { Name = "prices", HistoryRetention = -_second }), ["Store 'prices'", "negative"]),
        ["a store that was not added"] = (b => Using(b, "seen"), ["'use'", "store 'seen'", "AddKeyValueStore"]),
        ["a store's name that is null"] = (b => Using(b, [null!]), ["'use'", "name of a store is missing"]),
        ["a topic that is read twice"] = (b => In(b).Merge(In(b)), ["Topic 'in' is read by 2 sources", "use the stream several times"]),
        ["a topic that is read as a stream and as a global table"] = (b =>
        {
            In(b).To("out");
            b.GlobalTable<string, string>("in");
        }, ["Topic 'in' is read by 2 sources"]),
        ["a stream of no topic"] = (b => b.Stream<string, string>(Array.Empty<string>()), ["a topic's name is missing"]),
        ["a list of topics with none in it"] = (b => b.Stream<string, string>(["a", null!]), ["a topic's name is missing"]),
        ["a table of no topic"] = (b => b.Table<string, string>(null!), ["a topic's name is missing"]),
        ["a global table of no topic"] = (b => b.GlobalTable<string, string>(null!), ["Global table", "a topic's name is missing"]),
        ["a sink without a topic"] = (b => In(b).To((string)null!), ["Sink ", "a topic's name is missing"]),
        ["a repartition topic without partitions"] = (b => In(b).Repartition(new() { Name = "spread", Partitions = 0 }), ["'spread-repartition'", "0 partitions", "at least 1"]),
        ["two repartition topics of one name"] = (b => In(b).Repartition(new() { Name = "r" }).Repartition(new() { Name = "r" }), ["'r-repartition-sink'", "another name"]),
        ["a repartition topic whose name is none"] = (b => In(b).Repartition(new() { Name = "my topic" }), ["'my topic-repartition' is no topic name", "' ' is not allowed"]),
        ["a node without a name"] = (b => In(b).Filter((_, _) => true, name: " "), ["KSTREAM-FILTER", "blank name"]),
        ["windows of negative size"] = (_ => TimeWindows.OfSizeWithNoGrace(-_second), ["size ('-00:00:01')", "greater than or equal to"]),
        ["windows that do not advance"] = (_ => TimeWindows.OfSizeWithNoGrace(_second).AdvanceBy(TimeSpan.Zero), ["advance ('00:00:00')", "greater than or equal to"]),
        ["windows with gaps between them"] = (_ => TimeWindows.OfSizeWithNoGrace(_second).AdvanceBy(2 * _second), ["advance ('00:00:02')", "less than or equal to '00:00:01'"]),
        ["sessions without a gap"] = (_ => SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.Zero), ["gap ('00:00:00')"]),
        ["sliding windows of a negative difference"] = (_ => SlidingWindows.OfTimeDifferenceWithNoGrace(-_second), ["difference ('-00:00:01')"]),
        ["a join of streams in which nothing can meet"] = (_ => JoinWindows.OfTimeDifferenceWithNoGrace(_second).Before(-2 * _second), ["would end before it begins", "before"]),
        ["windows that begin before time does"] = (_ => UnlimitedWindows.StartOn(DateTimeOffset.UnixEpoch - _second), ["start ("]),
        ["suppression for a negative time"] = (_ => Suppressed.UntilTimeLimit(-_second), ["limit ('-00:00:01')"]),
        ["a way to emit that does not exist"] = (b => In(b).GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(_second)).Emit((EmitStrategy)7), ["7 is no strategy", "OnWindowClose"]),
        ["corrections within less than the grace"] = (
            b => In(b).GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(_second, 5 * _second)).Emit(EmitStrategy.OnWindowClose).CorrectedWithin(_second).Count("counts"),
            ["1 fault(s)", "'counts' is corrected within 00:00:01", "more than its grace of 00:00:05"]),
        ["JSON without its metadata"] = (_ => Serdes.Json((System.Text.Json.Serialization.Metadata.JsonTypeInfo<string>)null!), ["type"]),
        ["a nullable serde of none"] = (_ => Serdes.Nullable<long>(null!), ["inner"]),
        ["an event time from nothing"] = (_ => new TimestampExtractor<string, string>((Func<string, string, long, long>)null!), ["fromValue"]),
        ["an event time from no bytes"] = (_ => new TimestampExtractor<string, string>((BytesTimestamp)null!), ["fromBytes"]),
        ["a stream that is used after the topology was built"] = (b =>
        {
            var stream = In(b);
            b.Build();
            stream.To("out");
        }, ["The topology was built", "before Build"]),
        ["a store that is added after the topology was built"] = (b =>
        {
            In(b).To("out");
            b.Build();
            b.AddKeyValueStore<string, string>("late");
        }, ["The topology was built"]),
    };

    /// <summary>Found by the test driver, at its construction or by what is done with it.</summary>
    private static readonly Dictionary<string, (Action<StreamsBuilder> Declare, Action<TopologyTestDriver> Use, string[] Told)> _uses = new()
    {
        ["a processor that asks for a store that it is not connected to"] = (b => Asking(b, c => c.KeyValueStore<string, string>("seen")), Pipe, ["'ask'", "not connected to a store 'seen'", "pass its name to Process"]),
        ["a processor that asks for a store of other types"] = (
            b => Asking(b.AddKeyValueStore<string, long>("seen"), c => c.KeyValueStore<string, string>("seen"), "seen"), Pipe,
            ["Store 'seen' is a KeyValueStore of String and Int64", "'ask' asks for a KeyValueStore of String and String"]),
        ["a processor that asks for a store of another kind"] = (
            b => Asking(b.AddKeyValueStore<string, long>("seen"), c => c.WindowStore<string, long>("seen"), "seen"), Pipe, ["Store 'seen' is a KeyValueStore", "asks for a WindowStore of String and Int64"]),
        ["a schedule without an interval"] = (b => Asking(b, c => c.Schedule(TimeSpan.Zero, PunctuationType.WallClock, _ => { })), Pipe, ["'ask'", "interval ('0')"]),
        ["a schedule by a time that does not exist"] = (b => Asking(b, c => c.Schedule(_second, (PunctuationType)7, _ => { })), Pipe, ["'ask'", "7 is no time", "WallClock"]),
        ["a processor that uses its context in the constructor"] = (b => In(b).Process<string, string>(() => new Early()).To("out"), Pipe, ["Early has no context yet", "Override Init"]),
        ["a key that is null, put into a store"] = (
            b => Asking(b.AddKeyValueStore<string, string>("seen"), c => c.KeyValueStore<string, string>("seen").Put(null!, "x"), "seen"), Pipe, ["'ask'", "ArgumentNullException", "key"]),
        ["a function that chooses no topic"] = (b => In(b).To((_, _) => null!, new() { Name = "route" }), Pipe, ["'route'", "topic in, partition 0, offset 0", "named none"]),
        ["a function that chooses a topic that can't be"] = (b => In(b).To((_, _) => "my topic", new() { Name = "route" }), Pipe, ["'route'", "'my topic' is no topic name"]),
        ["a partitioner that answers no partition"] = (b => In(b).To("out", new() { Name = "write", Partitioner = (_, _, _) => 7 }), Pipe, ["'write'", "chose partition 7 of topic 'out'", "answer 0 to 0"]),
        ["a function that returns null for no values"] = (b => In(b).FlatMapValues<string>(_ => null!, "explode").To("out"), Pipe, ["'explode'", "returned null", "empty sequence"]),
        ["a function that returns null for no records"] = (b => In(b).FlatMap<string, string>((_, _) => null!, "explode").To("out"), Pipe, ["'explode'", "returned null", "empty sequence"]),
        ["a call that is no task"] = (b => In(b).MapAsync<string>((_, _, _) => null!, name: "call").To("out"), Pipe, ["'call'", "returned null instead of a task", "Task.FromResult"]),
        ["a call that never ends"] = (b => In(b).MapAsync<string>((_, _, _) => new TaskCompletionSource<string>().Task, name: "call").To("out"), d =>
        {
            d.CallPatience = TimeSpan.FromMilliseconds(50);
            Pipe(d);
        }, ["A call of MapAsync has not ended", "clock stands still", "let the calls of a test end"]),
        ["an event time that throws"] = (
            b => b.Stream("in", new Consumed<string, string> { Name = "lines", TimestampExtractor = new((_, _, _) => throw new FormatException("no time")) }).To("out"), Pipe, ["'lines'", "topic in, partition 0, offset 0", "no time"]),
        ["records of another type than the source reads"] = (b => b.Stream<string, long>("in").To("out"), Pipe, ["topic in, partition 0, offset 0", "not-8-bytes", "Faults.OnDeserialization"]),
        ["records that come back without end"] = (b => In(b).To("in"), Pipe, ["not come to rest", "'in'"]),
        ["an input of another type than the source reads"] = (Copy, d => d.Input<string, long>("in"), ["reads the values of 'in' as String, not as Int64", "types of the topology"]),
        ["a function that makes no processor but throws"] = (b => In(b).Process<string, string>(() => throw new FormatException("no licence"), name: "use").To("out"), Pipe, ["'use' threw FormatException: no licence"]),
        ["an input that is no source"] = (Copy, d => d.Input<string, string>("im"), ["'im' is no source topic", "'in'"]),
        ["an output that is not written"] = (Copy, d => d.Output<string, string>("uot"), ["no topic 'uot'", "'out'"]),
        ["an output read as another type"] = (Copy, d =>
        {
            Pipe(d);
            d.Output<string, long>("out").Read();
        }, ["value of 'out', partition 0, offset 0", "Int64", "not-8-bytes"]),
        ["a partition that the input does not have"] = (Copy, d => d.Input<string, string>("in").Pipe("k", "v", 0, partition: 3), ["'in' has no partition 3", "has 1"]),
        ["a store that does not exist"] = (Count, d => d.KeyValueStore<string, long>("count"), ["no store 'count'", "'counts'"]),
        ["a store of other types"] = (Count, d => d.KeyValueStore<string, string>("counts"), ["Store 'counts'", "<String, Int64>", "<String, String>"]),
        ["a store of another kind"] = (Count, d => d.WindowStore<string, long>("counts"), ["Store 'counts'", "IReadOnlyWindowStore<String, Int64>"]),
        ["a store of a partition that there is not"] = (Count, d => d.KeyValueStore<string, long>("counts", partition: 3), ["partition 3", "'counts'", "0"]),
        ["a clock that goes back"] = (Copy, d => d.AdvanceWallClock(-_second), ["by ('-00:00:01')"]),
        ["a driver that was disposed"] = (Copy, d =>
        {
            d.Dispose();
            Pipe(d);
        }, ["disposed", "TopologyTestDriver"]),
    };

    public static TheoryData<string> Declarations => [.. _declarations.Keys];

    public static TheoryData<string> Uses => [.. _uses.Keys];

    [Theory]
    [MemberData(nameof(Declarations))]
    public void A_mistake_in_a_declaration_is_told(string mistake)
    {
        var (declare, told) = _declarations[mistake];
        var build = () =>
        {
            var builder = new StreamsBuilder();
            declare(builder);
            builder.Build();
        };

        build.Should().Throw<Exception>().Which.Message.Should().ContainAll(told);
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public void A_mistake_that_a_run_shows_is_told(string mistake)
    {
        var (declare, use, told) = _uses[mistake];
        var builder = new StreamsBuilder();
        declare(builder);
        var topology = builder.Build();
        var run = () =>
        {
            using var driver = new TopologyTestDriver(topology);
            use(driver);
        };

        run.Should().Throw<Exception>().Which.Message.Should().ContainAll(told);
    }

    [Fact]
    public void What_is_legal_but_useless_is_a_warning()
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, string>("unused");
        In(builder).To("in", new() { Name = "again" });

        builder.Build().Warnings.Should().Equal(
            "Store 'unused' is used by no processor: it is not created. Pass its name to Process or ProcessValues.",
            "Topic 'in' is read, and written by 'again': its records come back as input. Without an operator that ends that they go round for ever.");
    }

    [Fact]
    public void A_store_that_is_connected_twice_is_one_store()
    {
        var builder = new StreamsBuilder();
        Using(builder.AddKeyValueStore<string, string>("seen"), "seen", "seen");
        using var driver = new TopologyTestDriver(builder.Build());

        Pipe(driver);

        driver.KeyValueStore<string, string>("seen").TryGet("key", out _).Should().BeFalse();
    }

    [Fact]
    public void A_topology_is_built_again_and_a_driver_disposed_again()
    {
        var builder = new StreamsBuilder();
        Copy(builder);
        builder.Build();
        var driver = new TopologyTestDriver(builder.Build());
        Pipe(driver);
        driver.Dispose();
        driver.Dispose();
    }

    [Fact]
    public void A_driver_needs_a_topology_and_topics_with_partitions()
    {
        var builder = new StreamsBuilder();
        Copy(builder);
        var topology = builder.Build();
        FluentActions.Invoking(() => new TopologyTestDriver(null!)).Should().Throw<ArgumentNullException>().WithParameterName("topology");
        FluentActions.Invoking(() => new TopologyTestDriver(topology, partitions: new Dictionary<string, int> { ["in"] = 0 })).Should().Throw<ArgumentException>().WithMessage("'in' has 0 partitions*");
    }

    [Theory]
    [InlineData("bad name", null, "Faults.DeadLetterTopic: 'bad name' is no topic name*' ' is not allowed*")]
    [InlineData(null, "", "Time.LateTopic: a topic's name is missing*")]
    public void Side_topics_have_names_that_topics_can_have(string? deadLetters, string? late, string told)
    {
        var builder = new StreamsBuilder();
        Copy(builder);
        var topology = builder.Build();
        FluentActions.Invoking(() => new TopologyTestDriver(topology, new() { ApplicationId = "app", Faults = { DeadLetterTopic = deadLetters }, Time = { LateTopic = late } }))
            .Should().Throw<TopologyException>().WithMessage(told);
    }

    [Fact]
    public void An_application_id_that_makes_topic_names_too_long_is_refused_with_the_topic()
    {
        var builder = new StreamsBuilder();
        Count(builder);
        var topology = builder.Build();
        FluentActions.Invoking(() => new TopologyTestDriver(topology, new() { ApplicationId = new('a', 240) }))
            .Should().Throw<TopologyException>().WithMessage("ApplicationId *counts-changelog*at most 249*shorter*");
    }

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static BranchedKStream<string, string> Ended(StreamsBuilder builder)
    {
        var split = In(builder).Split("by-");
        split.DefaultBranch(name: "rest");
        return split;
    }

    private static void Copy(StreamsBuilder builder) => In(builder).To("out");

    private static void Count(StreamsBuilder builder) => In(builder).GroupByKey().Count("counts");

    private static void Using(StreamsBuilder builder, params string[] stores) => In(builder).Process<string, string>(() => new Asker(_ => { }), stores, "use");

    private static void Asking(StreamsBuilder builder, Action<IProcessorContext> ask, params string[] stores) => In(builder).Process<string, string>(() => new Asker(ask), stores, "ask");

    private static void Pipe(TopologyTestDriver driver) => driver.Pipe("in", "key"u8.ToArray(), "value"u8.ToArray(), 0);

    private sealed class Asker(Action<IProcessorContext> ask) : Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record) => Forward(record);

        protected override void Init() => ask(Context);
    }

    private sealed class Early : Processor<string, string, string, string>
    {
        private readonly string _application;

        public Early() => _application = Context.ApplicationId;

        public override void Process(in Record<string, string> record) => Forward(record.WithValue(_application));
    }
}
