using System.Collections.Concurrent;
using CrashStreams.Kafka.Tests;

namespace CrashStreams.Integration.Tests.Operators;

/// <summary>Every operator gives on a real broker what it has to: exactly-once, on several partitions, with another instance from the middle of the input on.</summary>
public abstract class OperatorTests
{
    // The tests of a broker share a run; the first begins it.
    private static readonly ConcurrentDictionary<string, Lazy<Task<OperatorRun>>> _runs = [];

    public static TheoryData<string> Operators => [.. OperatorCases.All.Keys];

    protected abstract IKafkaBroker Broker { get; }

    [Theory]
    [MemberData(nameof(Operators))]
    public async Task An_operator_gives_what_it_has_to(string name)
    {
        var run = await _runs.GetOrAdd(Broker.BootstrapServers, static servers => new(() => new OperatorRun(servers).CompleteAsync())).Value;
        var each = OperatorCases.All[name];
        run.Expected(each).Should().NotBeEmpty();
        run.Rows(each).Should().Equal(run.Expected(each));
    }
}

public sealed class Operators_on_the_embedded_broker(EmbeddedKafka broker) : OperatorTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Operators_on_Apache_Kafka(ApacheKafkaFixture fixture) : OperatorTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
