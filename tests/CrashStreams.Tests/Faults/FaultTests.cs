using System.Text;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Faults;

public class FaultTests
{
    [Fact]
    public void A_fault_stops_the_application_unless_it_was_told_otherwise()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        var pipe = () => driver.Pipe("in", null, [1, 2, 3], 0);
        pipe.Should().Throw<ProcessingException>().WithMessage("*topic in, partition 0, offset 0*not-8-bytes*Faults.OnDeserialization *");
    }

    [Fact]
    public void A_skipped_record_is_counted_by_its_reason()
    {
        using var driver = Driver(new() { ApplicationId = "app", Faults = { OnDeserialization = FaultResponse.Skip } });
        driver.Pipe("in", null, [1, 2, 3], 0);
        driver.Pipe("in", null, new byte[8], 0);
        driver.Dropped.Should().Contain("not-8-bytes", 1);
        driver.Read("out").Should().ContainSingle();
    }

    [Fact]
    public void A_dead_letter_is_the_record_as_it_was_with_where_and_why()
    {
        using var driver = Driver(new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.DeadLetter, DeadLetterTopic = "dead" } });
        driver.Pipe("in", Encoding.UTF8.GetBytes("k"), [255, 255, 255, 255, 255, 255, 255, 255], 5);
        var dead = driver.Read("dead").Should().ContainSingle().Subject;
        dead.Key.Should().Equal(Encoding.UTF8.GetBytes("k"));
        dead.Value.Should().Equal(255, 255, 255, 255, 255, 255, 255, 255);
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-topic")!).Should().Be("in");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-offset")!).Should().Be("0");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-fault-reason")!).Should().Be(nameof(InvalidOperationException));
    }

    [Theory]
    [InlineData(FaultResponse.Skip)]
    [InlineData(FaultResponse.DeadLetter)]
    public void A_result_that_the_log_refuses_is_skipped_or_its_input_set_aside(FaultResponse response)
    {
        using var driver = Inflating(new() { ApplicationId = "app", Faults = { OnProduction = response, DeadLetterTopic = "dead" } });
        driver.Pipe("in", null, [0, 0, 0, 0, 0, 32, 0, 0], 5, new CrashStreams.Log.Headers().Add("trace", "7"));
        driver.Pipe("in", null, [0, 0, 0, 0, 0, 0, 0, 1], 6);
        driver.Read("out").Should().ContainSingle().Which.Timestamp.Should().Be(6);
        driver.Dropped.Should().Contain("not-produced", 1);
        var dead = driver.Read("dead");
        dead.Should().HaveCount(response == FaultResponse.DeadLetter ? 1 : 0);
        foreach (var record in dead)
        {
            (record.Value!.Length, record.Timestamp, Text(record, "trace")).Should().Be((8, 5L, "7"));
            (Text(record, "cs-fault-kind"), Text(record, "cs-fault-reason"), Text(record, "cs-node")).Should().Be(("Production", "not-produced", "KSTREAM-SINK-0000000002"));
        }
    }

    [Fact]
    public void A_result_that_the_log_refuses_stops_the_application_unless_it_was_told_otherwise()
    {
        using var driver = Inflating(new() { ApplicationId = "app" });
        driver.Invoking(d => d.Pipe("in", null, [0, 0, 0, 0, 0, 32, 0, 0], 5)).Should().Throw<ProcessingException>()
            .WithMessage("Production fault*Faults.OnProduction *").WithInnerException<CrashStreams.Log.LogException>();
    }

    [Fact]
    public void A_fault_that_stopped_the_application_is_met_again_after_a_restart()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        driver.Invoking(d => d.Pipe("in", null, [1, 2, 3], 0)).Should().Throw<ProcessingException>();
        driver.Invoking(d => d.Restart(isCrash: true)).Should().Throw<ProcessingException>();
    }

    [Fact]
    public void A_malformed_record_is_set_aside_with_its_bytes_and_still_moves_the_clock()
    {
        using var driver = Driver(new() { ApplicationId = "app", Faults = { OnDeserialization = FaultResponse.DeadLetter, DeadLetterTopic = "dead" } });
        driver.Pipe("in", "k"u8.ToArray(), [1, 2, 3], 5);
        var dead = driver.Read("dead").Should().ContainSingle().Subject;
        dead.Key.Should().Equal("k"u8.ToArray());
        dead.Value.Should().Equal(1, 2, 3);
        Text(dead, "cs-fault-kind").Should().Be("Deserialization");
        Text(dead, "cs-partition").Should().Be("0");
        driver.Thread.Tasks.Single().Context.Clock.Watermark.Should().Be(5);
    }

    [Fact]
    public void A_handler_decides_about_each_fault_by_itself()
    {
        var faults = new List<Fault>();
        using var driver = Driver(new()
        {
            ApplicationId = "app",
            Faults =
            {
                Handler = fault =>
                {
                    faults.Add(fault);
                    return fault.Kind == FaultKind.Deserialization ? FaultResponse.Skip : null;
                },
            },
        });
        driver.Pipe("in", null, [1, 2, 3], 0);
        driver.Invoking(d => d.Pipe("in", null, [255, 255, 255, 255, 255, 255, 255, 255], 1)).Should().Throw<ProcessingException>();
        faults.Select(f => (f.Kind, f.Topic, f.Partition, f.Offset)).Should()
            .Equal((FaultKind.Deserialization, "in", 0, 0L), (FaultKind.Processing, "in", 0, 1L));
    }

    [Fact]
    public void A_topology_tells_all_its_faults_at_once()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, DateTime>("in").Filter((_, _) => true, "twice").Filter((_, _) => true, "twice").To("out");
        builder.Stream<string, string>("in").Process<string, string>(() => null!, ["nowhere"]);
        builder.Invoking(b => b.Build()).Should().Throw<TopologyException>()
            .WithMessage("*named 'twice'*'nowhere' that was not added*'KSTREAM-SOURCE-0000000000': no serde for the value type System.DateTime*Topic 'in' is read by 2 sources*");
    }

    private static string Text(RawRecord record, string header) => Encoding.UTF8.GetString(record.Headers!.Last(header)!);

    private static TopologyTestDriver Inflating(StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").MapValues(v => new byte[v]).To("out");
        return new(builder.Build(), options);
    }

    private static TopologyTestDriver Driver(StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").MapValues(v => v < 0 ? throw new InvalidOperationException("negative") : v).To("out");
        return new(builder.Build(), options);
    }
}
