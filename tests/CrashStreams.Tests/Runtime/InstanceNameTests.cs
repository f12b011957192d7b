using System.Collections.Concurrent;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>What an instance's clients are called.</summary>
public sealed class InstanceNameTests
{
    [Theory]
    [InlineData("host-7", true)]
    [InlineData(null, false)]
    public async Task An_instance_with_a_name_has_the_same_clients_when_it_starts_again(string? name, bool areSame)
    {
        var first = await IdsAsync(name);
        var second = await IdsAsync(name);

        first.Should().NotBeEmpty();
        first.SetEquals(second).Should().Be(areSame);
        if (name is not null)
            first.Should().OnlyContain(id => id.Contains($"app-{name}-", StringComparison.Ordinal)).And.Contain($"transaction app-{name}-0");
    }

    private static async Task<HashSet<string>> IdsAsync(string? name)
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        log.Append("in", 0, new LogRecord { Value = "x"u8, HasValue = true });
        var clients = new Named(new MemoryLogClients(log), name);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        log.Create("out", 1);
        await using (var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app", Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce } }, clients))
        {
            await application.StartAsync();
            // Then its thread has all of them.
            while (application.ProcessedRecords == 0)
                await await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System), application.Completion);
        }

        return [.. clients.Ids];
    }

    private sealed class Named(MemoryLogClients inner, string? name) : ILogClients
    {
        public string? InstanceName => name;

        public ConcurrentQueue<string> Ids { get; } = [];

        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted)
        {
            Ids.Enqueue(clientId);
            return inner.CreateConsumer(clientId, groupId, readCommitted);
        }

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId)
        {
            Ids.Enqueue(clientId);
            if (transactionalId is not null)
                Ids.Enqueue($"transaction {transactionalId}");
            return inner.CreateProducer(clientId, transactionalId);
        }

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }
}
