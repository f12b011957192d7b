using System.Diagnostics;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Integration.Tests;

/// <summary>Two running instances were given the same name: one ends and says why, the other goes on.</summary>
public abstract class SameInstanceTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly string _name = $"same-{Guid.NewGuid():N}";
    private readonly LogLines _log = new();

    protected abstract IKafkaBroker Broker { get; }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task One_of_them_ends_with_the_name_in_its_error(ProcessingGuarantee guarantee)
    {
        using (var admin = Clients().CreateAdmin("admin"))
            await admin.CreateTopicsAsync([new($"{_name}-in", 2, new Dictionary<string, string>()), new($"{_name}-out", 2, new Dictionary<string, string>())], default);
        await using var first = Application(guarantee);
        await first.StartAsync();
        Write(10);
        await first.CaughtUpAsync().WaitAsync(_patience);

        await using var second = Application(guarantee);
        await second.StartAsync();

        var clock = Stopwatch.StartNew();
        while (first.State == ApplicationState.Running && second.State == ApplicationState.Running)
        {
            clock.Elapsed.Should().BeLessThan(_patience, _log.ToString());
            // Both write, so that both meet each other in every call.
            Write(1);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        var (ended, other) = first.State == ApplicationState.Running ? (second, first) : (first, second);
        var told = await ended.Completion.Invoking(c => c.WaitAsync(_patience)).Should().ThrowAsync<LogException>();
        told.Which.Message.Should().Contain("host-7").And.Contain("GroupInstanceId");
        Write(10);
        await other.CaughtUpAsync().WaitAsync(_patience);
        other.State.Should().Be(ApplicationState.Running, _log.ToString());
        await other.StopAsync();
    }

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private KafkaLogClients Clients() => new(new() { BootstrapServers = Broker.BootstrapServers, GroupProtocol = GroupProtocol.Classic, GroupInstanceId = "host-7" }, new Logger<KafkaLogClients>(_log));

    private StreamsApplication Application(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>($"{_name}-in").To($"{_name}-out");
        return new StreamsApplication(builder.Build(), new() { ApplicationId = _name, Delivery = { Guarantee = guarantee } }, Clients(), _log);
    }

    private void Write(int records)
    {
        using var producer = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers }).CreateProducer("writer", null);
        for (var i = 0; i < records; i++)
            producer.Send($"{_name}-in", i % 2, new LogRecord { Value = Encoding.UTF8.GetBytes($"{i}"), HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        producer.Flush();
    }
}

public sealed class Same_instances_on_the_embedded_broker(EmbeddedKafka broker) : SameInstanceTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Same_instances_on_Apache_Kafka(ApacheKafkaFixture fixture) : SameInstanceTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
