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
        pipe.Should().Throw<ProcessingException>().WithMessage("*topic in, partition 0, offset 0*not-8-bytes*OnDeserializationFault*");
    }

    [Fact]
    public void A_skipped_record_is_counted_by_its_reason()
    {
        using var driver = Driver(new() { ApplicationId = "app", OnDeserializationFault = FaultResponse.Skip });
        driver.Pipe("in", null, [1, 2, 3], 0);
        driver.Pipe("in", null, new byte[8], 0);
        driver.Dropped.Should().Contain("not-8-bytes", 1);
        driver.Read("out").Should().ContainSingle();
    }

    [Fact]
    public void A_dead_letter_is_the_record_as_it_was_with_where_and_why()
    {
        using var driver = Driver(new() { ApplicationId = "app", OnProcessingFault = FaultResponse.DeadLetter, DeadLetterTopic = "dead" });
        driver.Pipe("in", Encoding.UTF8.GetBytes("k"), [255, 255, 255, 255, 255, 255, 255, 255], 5);
        var dead = driver.Read("dead").Should().ContainSingle().Subject;
        dead.Key.Should().Equal(Encoding.UTF8.GetBytes("k"));
        dead.Value.Should().Equal(255, 255, 255, 255, 255, 255, 255, 255);
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-topic")!).Should().Be("in");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-offset")!).Should().Be("0");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-fault-reason")!).Should().Be(nameof(InvalidOperationException));
    }

    [Fact]
    public void Options_tell_all_their_faults_at_once()
    {
        var options = new StreamsOptions { ApplicationId = "a b", Threads = 0, OnProcessingFault = FaultResponse.DeadLetter };
        var make = () => Driver(options);
        make.Should().Throw<TopologyException>().WithMessage("*3 fault(s)*ApplicationId*Threads*DeadLetterTopic*");
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

    private static TopologyTestDriver Driver(StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").MapValues(v => v < 0 ? throw new InvalidOperationException("negative") : v).To("out");
        return new(builder.Build(), options);
    }
}
