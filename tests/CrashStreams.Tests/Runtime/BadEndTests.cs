using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Tests.Runtime;

/// <summary>However an instance ends, no client of it is left: one that was would stay a member of the group.</summary>
public sealed class BadEndTests
{
    [Theory]
    [InlineData("producer")]
    [InlineData("consumer")]
    [InlineData("admin")]
    public async Task A_client_that_can_not_be_closed_keeps_no_other_open(string bad)
    {
        var clients = new Clients { ThrowsAtEnd = bad };
        await using var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, clients);
        await application.StartAsync(TestContext.Current.CancellationToken);
        await application.StopAsync(TestContext.Current.CancellationToken);
        application.State.Should().Be(ApplicationState.Stopped);
        clients.Open.Should().BeEmpty();
    }

    [Theory]
    [InlineData("consumer", true)]
    public async Task A_client_that_can_not_be_made_leaves_none_of_those_before_it(string bad, bool fails)
    {
        var clients = new Clients { ThrowsAtStart = bad };
        await using (var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, clients))
        {
            await application.StartAsync(TestContext.Current.CancellationToken);
            if (fails)
            {
                var end = async () => await application.Completion.WaitAsync(TimeSpan.FromMinutes(1));
                await end.Should().ThrowAsync<LogException>().WithMessage("no consumer");
                clients.Made.Should().Contain(n => n.Contains("producer"));
            }

            try
            {
                await application.StopAsync(TestContext.Current.CancellationToken);
            }
            catch (LogException) when (fails)
            {
                // As told by Completion.
            }
        }

        clients.Open.Should().BeEmpty();
    }

    [Fact]
    public async Task A_logger_that_throws_stops_nothing()
    {
        var clients = new Clients();
        var builder = new StreamsBuilder();
        // A generated name is worth a warning.
        builder.Stream<string, string>("in").GroupByKey().Count().ToStream().To("out");
        await using var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app" }, clients, new ThrowingLoggers());
        await application.StartAsync(TestContext.Current.CancellationToken);
        await application.CaughtUpAsync(TestContext.Current.CancellationToken);
        await application.StopAsync(TestContext.Current.CancellationToken);
        application.State.Should().Be(ApplicationState.Stopped);
    }

    private static Topology Topology()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        return builder.Build();
    }

    private sealed class ThrowingLoggers : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("scope");

        public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException("enabled");

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("log");

        public void Dispose()
        {
        }
    }

    /// <summary>Clients in memory that know which of them are open.</summary>
    private sealed class Clients : ILogClients
    {
        private readonly MemoryLogClients _inner;
        private readonly Lock _lock = new();
        private readonly List<string> _open = [];

        public Clients()
        {
            var log = new MemoryLog();
            log.Create("in", 1);
            _inner = new(log);
        }

        public string? ThrowsAtStart { get; init; }

        public string? ThrowsAtEnd { get; init; }

        public List<string> Made { get; } = [];

        public IReadOnlyList<string> Open
        {
            get
            {
                lock (_lock)
                    return [.. _open];
            }
        }

        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => new Consumer(_inner.CreateConsumer(clientId, groupId, readCommitted), Begin(clientId, clientId.EndsWith("-0-consumer", StringComparison.Ordinal) ? "consumer" : "other"));

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => new Consumer(_inner.CreateRestoreConsumer(clientId, readCommitted), Begin(clientId, "restore"));

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => new Producer(_inner.CreateProducer(clientId, transactionalId), Begin(clientId, "producer"));

        public ILogAdmin CreateAdmin(string clientId) => new EndingAdmin(_inner.CreateAdmin(clientId), Begin(clientId, clientId.EndsWith("-0-admin", StringComparison.Ordinal) ? "admin" : "other"));

        private Action Begin(string clientId, string kind)
        {
            if (kind == ThrowsAtStart)
                throw new LogException($"no {kind}");
            lock (_lock)
            {
                _open.Add(clientId);
                Made.Add(clientId);
            }

            return () =>
            {
                bool wasOpen;
                lock (_lock)
                    wasOpen = _open.Remove(clientId);
                if (wasOpen && kind == ThrowsAtEnd)
                    throw new InvalidOperationException($"{clientId} can't be closed");
            };
        }
    }

    private sealed class Consumer(ILogConsumer inner, Action end) : ILogConsumer
    {
        public object GroupIdentity => inner.GroupIdentity;

        public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => inner.Committed(partitions);

        public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) => inner.Subscribe(topics, listener);

        public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => inner.Assign(offsets);

        public LogBatch Poll(TimeSpan maxWait) => inner.Poll(maxWait);

        public void Wake() => inner.Wake();

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public void Seek(TopicPartition partition, long offset) => inner.Seek(partition, offset);

        public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

        public long Position(TopicPartition partition) => inner.Position(partition);

        public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => inner.Commit(offsets);

        public void Dispose() => end();
    }

    private sealed class Producer(ILogProducer inner, Action end) : ILogProducer
    {
        public int PartitionCount(string topic) => inner.PartitionCount(topic);

        public void Send(string topic, int partition, in LogRecord record) => inner.Send(topic, partition, in record);

        public void Flush() => inner.Flush();

        public void InitTransactions() => inner.InitTransactions();

        public void BeginTransaction() => inner.BeginTransaction();

        public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity) => inner.CommitTransaction(offsets, groupIdentity);

        public void AbortTransaction() => inner.AbortTransaction();

        public void Dispose() => end();
    }
}
