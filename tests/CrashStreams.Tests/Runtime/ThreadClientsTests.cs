using System.Reflection;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>The clients of a thread are the application's in everything, and end with it.</summary>
public sealed class ThreadClientsTests
{
    [Theory]
    [InlineData(typeof(ThreadClients))]
    [InlineData(typeof(WatchedClients))]
    public void Every_member_is_forwarded_and_none_left_to_the_default_of_the_interface(Type clients)
    {
        var map = clients.GetInterfaceMap(typeof(ILogClients));

        map.InterfaceMethods.Where((_, i) => map.TargetMethods[i].DeclaringType == typeof(ILogClients)).Select(static m => m.Name).Should().BeEmpty();
        map.InterfaceMethods.Should().HaveCount(typeof(ILogClients).GetMethods(BindingFlags.Public | BindingFlags.Instance).Length);
    }

    [Fact]
    public void A_thread_knows_how_long_its_transactions_may_be_open_and_where_its_clients_run_work_aside()
    {
        var clients = new Clients();
        using var thread = new ThreadClients(clients, NullLogger.Instance);

        thread.TransactionTimeout.Should().Be(TimeSpan.FromSeconds(7));
        thread.Address.Should().Be("here");
        thread.InstanceName.Should().Be("one");
        thread.ConnectionFault.Should().Be("away");
        thread.RunAside(static () => { });
        clients.Aside.Should().Be(1);
    }

    [Fact]
    public void Nobody_is_given_a_client_when_the_thread_has_ended()
    {
        var clients = new Clients();
        var thread = new ThreadClients(clients, NullLogger.Instance);
        thread.CreateProducer("producer", null);
        thread.Dispose();

        thread.Invoking(t => t.CreateProducer("late", "owner")).Should().Throw<ObjectDisposedException>();
        clients.Open.Should().BeEmpty();
    }

    [Fact]
    public void A_client_that_replaces_another_of_its_id_is_the_only_one_that_is_kept()
    {
        var clients = new Clients();
        using var thread = new ThreadClients(clients, NullLogger.Instance);
        for (var i = 0; i < 100; i++)
            thread.CreateProducer("instances-producer", null);

        clients.Open.Should().ContainSingle();
    }

    private sealed class Clients : ILogClients
    {
        private readonly MemoryLogClients _inner = new(new MemoryLog());

        public int Aside { get; private set; }

        public List<IDisposable> Open { get; } = [];

        public string? InstanceName => "one";

        public string? Address => "here";

        public string? ConnectionFault => "away";

        public TimeSpan? TransactionTimeout => TimeSpan.FromSeconds(7);

        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => _inner.CreateConsumer(clientId, groupId, readCommitted);

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => _inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => new Producer(this);

        public ILogAdmin CreateAdmin(string clientId) => _inner.CreateAdmin(clientId);

        public void RunAside(Action work)
        {
            Aside++;
            work();
        }
    }

    private sealed class Producer : ILogProducer
    {
        private readonly Clients _clients;

        public Producer(Clients clients)
        {
            _clients = clients;
            clients.Open.Add(this);
        }

        public int PartitionCount(string topic) => 1;

        public void Send(string topic, int partition, in LogRecord record)
        {
        }

        public void Flush()
        {
        }

        public void InitTransactions()
        {
        }

        public void BeginTransaction()
        {
        }

        public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
        {
        }

        public void AbortTransaction()
        {
        }

        public void Dispose() => _clients.Open.Remove(this);
    }
}
