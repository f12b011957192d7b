using System.Text;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Faults;

/// <summary>Records of a global table's topic that are no rows.</summary>
public sealed class GlobalTableFaultTests
{
    [Fact]
    public void What_can_not_be_read_as_a_row_goes_to_the_dead_letters_as_it_was()
    {
        using var driver = Driver(new() { ApplicationId = "app", Faults = { OnDeserialization = FaultResponse.DeadLetter, DeadLetterTopic = "dead" } });
        driver.Pipe("products", "p1"u8.ToArray(), [1, 2, 3], 7);
        driver.Pipe("products", "p2"u8.ToArray(), [0, 0, 0, 0, 0, 0, 0, 5], 8);

        var dead = driver.Read("dead").Should().ContainSingle().Subject;
        (Encoding.UTF8.GetString(dead.Key!), dead.Timestamp).Should().Be(("p1", 7L));
        dead.Value.Should().Equal(1, 2, 3);
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-topic")!).Should().Be("products");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-offset")!).Should().Be("0");
        Encoding.UTF8.GetString(dead.Headers!.Last("cs-fault-kind")!).Should().Be(nameof(FaultKind.Deserialization));
        driver.Dropped.Should().Contain("not-8-bytes", 1);
    }

    [Fact]
    public void A_handler_decides_about_each_of_them()
    {
        var asked = new List<string>();
        using var driver = Driver(new()
        {
            ApplicationId = "app",
            Faults =
            {
                Handler = fault =>
                {
                    asked.Add($"{fault.Node} {fault.Topic}-{fault.Partition}@{fault.Offset}");
                    return FaultResponse.Skip;
                },
            },
        });
        driver.Pipe("products", "p1"u8.ToArray(), [1, 2, 3], 7);

        asked.Should().ContainSingle().Which.Should().EndWith("products-0@0");
    }

    [Fact]
    public void The_application_stops_unless_it_was_told_otherwise()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        var pipe = () => driver.Pipe("products", "p1"u8.ToArray(), [1, 2, 3], 7);
        pipe.Should().Throw<ProcessingException>().WithMessage("*topic products, partition 0, offset 0*not-8-bytes*OnDeserialization*");
    }

    private static TopologyTestDriver Driver(StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        var products = builder.GlobalTable<string, long>("products");
        builder.Stream<string, string>("orders").Join(products, static (_, order) => order, static (order, product) => $"{order} {product}").To("out");
        return new(builder.Build(), options);
    }
}
