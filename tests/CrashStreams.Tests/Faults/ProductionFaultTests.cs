using System.Buffers;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Processing;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Faults;

/// <summary>A result that can't be written: its serde throws, or its topic refuses it.</summary>
public class ProductionFaultTests
{
    [Fact]
    public void A_result_whose_value_can_not_be_serialized_is_a_production_fault_of_its_sink()
    {
        var faults = new List<Fault>();
        using var driver = Driver(b => b.Stream<string, string>("in").To("out", new() { ValueSerde = new Picky(), Name = "results" }), faults);
        Pipe(driver, "ok", "bad", "ok2");
        Values(driver, "out").Should().Equal("ok", "ok2");
        var fault = faults.Should().ContainSingle().Subject;
        (fault.Kind, fault.Node, fault.Topic, fault.Partition, fault.Offset, fault.Reason).Should().Be((FaultKind.Production, "results", "in", 0, 1L, "not-serialized"));
        fault.Exception.Should().BeOfType<SerdeException>();
        driver.Dropped.Should().Contain("not-serialized", 1);
    }

    [Fact]
    public void So_is_one_whose_key_can_not_be()
    {
        var faults = new List<Fault>();
        using var driver = Driver(b => b.Stream<string, string>("in").SelectKey((_, v) => v).To("out", new() { KeySerde = new Picky() }), faults);
        Pipe(driver, "bad", "ok");
        Values(driver, "out").Should().Equal("ok");
        faults.Should().ContainSingle().Which.Kind.Should().Be(FaultKind.Production);
    }

    [Fact]
    public void So_is_a_record_for_a_repartition_topic()
    {
        var faults = new List<Fault>();
        using var driver = Driver(
            b => b.Stream<string, string>("in").SelectKey((_, v) => v).Repartition(new() { Name = "again", KeySerde = new Picky() }).To("out"), faults);
        Pipe(driver, "bad", "ok");
        Values(driver, "out").Should().Equal("ok");
        faults.Should().ContainSingle().Which.Node.Should().Be("again-repartition-sink");
    }

    [Theory]
    [InlineData("max.message.bytes", "100", "max.message.bytes")]
    [InlineData("message.timestamp.before.max.ms", "1000", "message.timestamp.before.max.ms")]
    public void A_result_that_its_topics_settings_refuse_is_skipped_alone(string setting, string value, string named)
    {
        var faults = new List<Fault>();
        using var driver = Driver(b => b.Stream<string, string>("in").To("out"), faults, start: 100_000);
        driver.Log.Configs["out"] = new() { [setting] = value };
        driver.Input<string, string>("in").Pipe("k", "small", 100_000);
        driver.Input<string, string>("in").Pipe("k", new string('x', 200), 5);
        driver.Input<string, string>("in").Pipe("k", "small2", 100_000);
        Values(driver, "out").Should().Equal("small", "small2");
        faults.Should().ContainSingle().Which.Exception!.Message.Should().Contain("'out'").And.Contain(named);
    }

    [Fact]
    public void A_limit_that_was_raised_is_noticed()
    {
        var faults = new List<Fault>();
        using var driver = Driver(b => b.Stream<string, string>("in").To("out"), faults);
        driver.Log.Configs["out"] = new() { ["max.message.bytes"] = "100" };
        Pipe(driver, new string('x', 200));
        driver.Log.Configs["out"] = new() { ["max.message.bytes"] = "1000" };
        driver.AdvanceWallClock(TimeSpan.FromSeconds(11));
        Pipe(driver, new string('y', 200));
        Values(driver, "out").Should().Equal(new string('y', 200));
    }

    [Fact]
    public void A_fault_stops_the_application_with_node_topic_offset_and_cause()
    {
        using var driver = Driver(b => b.Stream<string, string>("in").To("out", new() { ValueSerde = new Picky(), Name = "results" }), null);
        driver.Invoking(d => Pipe(d, "bad")).Should().Throw<ProcessingException>()
            .WithMessage("Production fault at 'results' (topic in, partition 0, offset 0): not-serialized*can't write bad*Faults.OnProduction *").WithInnerException<SerdeException>();
    }

    [Fact]
    public void A_processing_fault_names_the_operator_that_threw_and_what_it_threw()
    {
        using var driver = Driver(
            b => b.Stream<string, string>("in").Filter((_, _) => true, "first").MapValues<string>(v => throw new InvalidOperationException($"no {v}"), "second").To("out"), null);
        driver.Invoking(d => Pipe(d, "x")).Should().Throw<ProcessingException>()
            .WithMessage("Processing fault at 'second' (topic in, partition 0, offset 0): InvalidOperationException*no x*");
    }

    [Fact]
    public void Also_one_that_throws_after_it_has_forwarded_and_one_whose_child_has_thrown_before()
    {
        var faults = new List<Fault>();
        using var driver = Driver(
            b => b.Stream<string, string>("in").FlatMapValues(Parts, "parts").MapValues(v => v == "b" ? throw new FormatException() : v, "judge").To("out"), faults);
        Pipe(driver, "a", "b", "a");
        faults.Select(f => f.Node).Should().Equal("parts", "judge", "parts");

        static IEnumerable<string> Parts(string value)
        {
            yield return value;
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public void A_punctuations_fault_names_its_processor()
    {
        var faults = new List<Fault>();
        using var driver = Driver(b => b.Stream<string, string>("in").Process(() => new Alarm(), name: "alarm").To("out"), faults);
        Pipe(driver, "x");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        faults.Should().ContainSingle().Which.Node.Should().Be("alarm");
    }

    [Fact]
    public void A_dead_letter_is_cut_so_that_it_fits_and_says_so()
    {
        using var driver = Dead("dead");
        driver.Log.Configs["dead"] = new() { ["max.message.bytes"] = "700" };
        var value = Encoding.UTF8.GetBytes("bad" + new string('x', 600));
        driver.Pipe("in", "k"u8.ToArray(), value, 0, new Headers().Add("trace", "7"));
        var letter = driver.Read("dead").Should().ContainSingle().Subject;
        letter.Key.Should().Equal("k"u8.ToArray());
        letter.Value.Should().HaveCountLessThan(value.Length).And.Equal(value.Take(letter.Value!.Length));
        (Header(letter, "cs-truncated"), Header(letter, "trace"), Header(letter, "cs-offset")).Should().Be(("603", "7", "0"));
    }

    [Fact]
    public void Its_key_and_its_sources_headers_are_cut_only_when_nothing_else_helps()
    {
        using var driver = Dead("dead");
        driver.Log.Configs["dead"] = new() { ["max.message.bytes"] = "1000" };
        driver.Pipe("in", new byte[1_000], "bad"u8.ToArray(), 0, new Headers().Add("big", new byte[2_000]));
        var letter = driver.Read("dead").Should().ContainSingle().Subject;
        (letter.Key!.Length, letter.Value!.Length, letter.Headers!.Last("big")).Should().Be((0, 0, null));
        (Header(letter, "cs-truncated"), Header(letter, "cs-truncated-key"), Header(letter, "cs-dropped-headers")).Should().Be(("3", "1000", "1"));
    }

    [Fact]
    public void A_dead_letter_whose_time_its_topic_does_not_take_keeps_it_in_a_header()
    {
        using var driver = Dead("dead");
        driver.Log.Configs["dead"] = new() { ["message.timestamp.after.max.ms"] = "1000" };
        driver.Pipe("in", null, "bad"u8.ToArray(), 50_000);
        var letter = driver.Read("dead").Should().ContainSingle().Subject;
        (letter.Timestamp, Header(letter, "cs-timestamp")).Should().Be((1_000L, "50000"));
    }

    [Fact]
    public void A_side_topic_that_refuses_a_record_is_named_with_record_and_reason()
    {
        using var driver = Dead("dead");
        driver.Log.Configs["dead"] = new() { ["cleanup.policy"] = "compact" };
        driver.Invoking(d => d.Pipe("in", null, "bad"u8.ToArray(), 0)).Should().Throw<ProcessingException>()
            .WithMessage("Side topic 'dead' does not take the record of topic in, partition 0, offset 0*'judge'*cleanup.policy*");
    }

    [Fact]
    public void A_handler_that_wants_a_dead_letter_without_a_topic_is_told_what_is_missing()
    {
        using var driver = new TopologyTestDriver(Judge(), new() { ApplicationId = "app", Faults = { Handler = _ => FaultResponse.DeadLetter } });
        driver.Invoking(d => d.Pipe("in", null, "bad"u8.ToArray(), 0)).Should().Throw<ProcessingException>().WithMessage("*'judge'*Faults.DeadLetterTopic*");
    }

    [Fact]
    public void A_handler_that_throws_is_told_with_the_fault()
    {
        using var driver = new TopologyTestDriver(Judge(), new() { ApplicationId = "app", Faults = { Handler = _ => throw new NotSupportedException("handler") } });
        driver.Invoking(d => d.Pipe("in", null, "bad"u8.ToArray(), 0)).Should().Throw<ProcessingException>().WithMessage("Faults.Handler threw NotSupportedException*handler*'judge'*");
    }

    private static Topology Judge()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(v => v.StartsWith("bad", StringComparison.Ordinal) ? throw new InvalidOperationException() : v, "judge").To("out");
        return builder.Build();
    }

    private static TopologyTestDriver Dead(string topic) =>
        new(Judge(), new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.DeadLetter, DeadLetterTopic = topic }, Time = { MaxFuture = TimeSpan.FromDays(1) } });

    private static TopologyTestDriver Driver(Action<StreamsBuilder> declare, List<Fault>? skipped, long start = 0)
    {
        var builder = new StreamsBuilder();
        declare(builder);
        var options = new StreamsOptions { ApplicationId = "app" };
        if (skipped is not null)
        {
            options.Faults.Handler = fault =>
            {
                skipped.Add(fault);
                return FaultResponse.Skip;
            };
        }

        return new(builder.Build(), options, DateTimeOffset.FromUnixTimeMilliseconds(start));
    }

    private static void Pipe(TopologyTestDriver driver, params string[] values)
    {
        foreach (var value in values)
            driver.Input<string, string>("in").Pipe("k", value, 0);
    }

    private static IEnumerable<string> Values(TopologyTestDriver driver, string topic) => driver.Read(topic).Select(r => Encoding.UTF8.GetString(r.Value!));

    private static string Header(RawRecord record, string name) => Encoding.UTF8.GetString(record.Headers!.Last(name)!);

    private sealed class Picky : Serde<string>
    {
        public override string Deserialize(ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(data);

        public override void Serialize(string value, IBufferWriter<byte> output)
        {
            if (value == "bad")
                throw new SerdeException("can't write bad");
            output.Write(Encoding.UTF8.GetBytes(value));
        }
    }

    private sealed class Alarm : Processor<string, string, string, string>
    {
        protected override void Init() => Context.Schedule(TimeSpan.FromSeconds(1), PunctuationType.WallClock, _ => throw new InvalidOperationException());

        public override void Process(in Record<string, string> record) => Forward(in record);
    }
}
