using CrashStreams.Kafka.Tests;

namespace CrashStreams.Integration.Tests;

public sealed class Two_instances_on_the_embedded_broker(EmbeddedKafka broker) : TwoInstancesTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Two_instances_on_Apache_Kafka(ApacheKafkaFixture fixture) : TwoInstancesTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}

/// <summary>Two instances of the crash monitor share twelve partitions: whoever has which, and when, no alert is missing, wrong or extra.</summary>
public abstract class TwoInstancesTests
{
    protected abstract IKafkaBroker Broker { get; }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Both_run_before_the_load_starts(ProcessingGuarantee guarantee)
    {
        await using var monitors = await Monitors.PrepareAsync(Broker.BootstrapServers, guarantee);
        var (first, second) = (monitors.New(), monitors.New());
        await Task.WhenAll(first.StartAsync(), second.StartAsync());

        await monitors.LoadAsync();

        await monitors.VerifyAsync();
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task One_comes_and_the_other_goes_while_they_work(ProcessingGuarantee guarantee)
    {
        await using var monitors = await Monitors.PrepareAsync(Broker.BootstrapServers, guarantee);
        var (first, second) = (monitors.New(), monitors.New());
        await first.StartAsync();
        var load = monitors.LoadAsync(speed: 10);
        await Monitors.Until(() => first.ProcessedRecords > 0);
        await second.StartAsync();
        await Monitors.Until(() => second.ProcessedRecords > 0);
        await first.StopAsync();
        await load;

        await monitors.VerifyAsync();
    }
}
