using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Faults;

/// <summary>A log does not hold what is to be read next.</summary>
public class OutOfRangeTests
{
    private const string Repartition = "app-by-value-repartition";

    /// <summary>Only what the group has committed is deleted there: who misses it slept while another instance went on, and has to join again.</summary>
    [Fact]
    public void In_a_repartition_topic_it_means_that_another_instance_has_gone_on()
    {
        using var driver = Driver();
        Lose(driver, Repartition);
        driver.Invoking(d => d.Thread.RunOnce()).Should().Throw<LogException>().Which.IsFenced.Should().BeTrue();
    }

    [Fact]
    public void In_a_source_topic_it_means_that_records_are_lost_and_stops_the_application()
    {
        using var driver = Driver();
        Lose(driver, "in");
        var fault = driver.Invoking(d => d.Thread.RunOnce()).Should().Throw<LogException>().Which;
        fault.OutOfRange.Should().Be(new TopicPartition("in", 0));
        (fault.IsFenced || fault.IsRetriable).Should().BeFalse();
    }

    private static void Lose(TopologyTestDriver driver, string topic)
    {
        driver.Log.Append(topic, 0, new LogRecord { Key = "k"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
        driver.Log.DeleteBefore(new(topic, 0), driver.Log.Partition(new(topic, 0)).Count);
    }

    private static TopologyTestDriver Driver()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").SelectKey((_, value) => value).Repartition(new() { Name = "by-value" }).To("out");
        return new(builder.Build());
    }
}
