using CrashStreams.Kafka.Tests;
using CrashStreams.State.Benchmarks;

namespace CrashStreams.Integration.Tests;

/// <summary>kill -9 of one of two processes, with half of 300,000 keys; the time that it takes is printed, what has to be restored is checked.</summary>
public sealed class FailoverTests(EmbeddedKafka broker)
{
    private const int Keys = 300_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task With_a_standby_only_the_tail_is_restored(ProcessingGuarantee guarantee)
    {
        var setting = new Failover.Case(broker.BootstrapServers, Keys, HasStandby: false, guarantee, TransactionSeconds: 10, Directory: null, _patience);
        var cold = await Failover.MeasureAsync(setting);
        var warm = await Failover.MeasureAsync(setting with { HasStandby = true });
        TestContext.Current.TestOutputHelper?.WriteLine($"{guarantee}, session timeout 6 s: without a standby {cold.Resumed}, {cold.Restored} records; with one {warm.Resumed}, {warm.Restored} records");
        TestContext.Current.TestOutputHelper?.WriteLine($"the survivor with a standby:\n{warm.Log}");
        cold.Restored.Should().BeGreaterThanOrEqualTo(Keys / 2, "nothing of it was here");
        warm.Restored.Should().BeLessThan(Keys / 100, "all but the tail was here");
    }
}
