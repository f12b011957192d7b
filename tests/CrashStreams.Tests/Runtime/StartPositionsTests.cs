using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>Where partitions are read from.</summary>
public sealed class StartPositionsTests
{
    private static readonly TopicPartition _at = new("in", 0);

    [Fact]
    public void A_position_is_committed_before_there_is_anything_to_process()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        driver.Log.Committed[_at].Offset.Should().Be(0);
        CommittedPosition.Parse(driver.Log.Committed[_at].Metadata).IsOwn.Should().BeTrue();
    }

    [Fact]
    public void What_somebody_else_commits_is_not_used_when_the_partition_comes_back()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        Append(driver, 3);
        driver.Settle();
        IAssignmentListener group = driver.Thread;
        group.Revoked([_at]);
        Append(driver, 5);
        driver.Log.Committed[_at] = new(8, "");

        group.Assigned([_at]).Should().Equal(new Dictionary<TopicPartition, long> { [_at] = 3 });
    }

    [Fact]
    public void A_position_that_only_somebody_else_has_committed_is_left_to_another_instance()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        ((IAssignmentListener)driver.Thread).Revoked([_at]);
        driver.Log.Committed[_at] = new(8, "");
        driver.Invoking(d => d.Restart(isCrash: true)).Should().Throw<LogException>().WithMessage("*committed by somebody*").Which.IsRetriable.Should().BeTrue();
        // So that the driver can be disposed of.
        driver.Log.Committed.Remove(_at);
        driver.Restart(isCrash: true);
    }

    [Fact]
    public void Records_that_retention_has_deleted_are_passed_over_where_that_is_wanted_and_the_position_with_them()
    {
        using var driver = Driver(new() { ApplicationId = "app", Delivery = { OffsetOutOfRange = OffsetReset.Earliest } });
        Append(driver, 3);
        driver.Settle();
        Append(driver, 5);
        driver.Log.DeleteBefore(_at, 6);

        driver.Settle();

        driver.Read("out").Should().HaveCount(5);
        driver.Log.Committed[_at].Offset.Should().Be(8);
    }

    private static void Append(TopologyTestDriver driver, int records)
    {
        for (var i = 0; i < records; i++)
            driver.Log.Append("in", 0, new LogRecord { Key = "k"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
    }

    private static TopologyTestDriver Driver(StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        return new(builder.Build(), options);
    }
}
