using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>What is only advice never makes a stream thread wait; what keeps its tasks from running is said.</summary>
public sealed class AdviceTests
{
    private readonly MemoryLog _log = new();
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    [Fact]
    public void A_directory_that_can_not_be_written_delays_nothing()
    {
        var clients = new StuckDirectory(new(_log));
        using var thread = Begin(clients, new() { ApplicationId = "app", HostInfo = "host", PollWait = TimeSpan.Zero });
        for (var i = 0; i < 100; i++)
        {
            _log.Append("in", 0, new LogRecord { Value = [(byte)i], HasValue = true, Timestamp = i });
            thread.RunOnce();
            _time.Advance(TimeSpan.FromMilliseconds(200));
        }

        thread.Stop();
        clients.Waits.Should().Be(0, "nobody waits without limit");
        clients.Sent.Should().BeLessThan(5, "nothing piles up either");
        _log.Partition(new("out", 0)).Should().HaveCount(100);
    }

    [Fact]
    public void Tasks_whose_state_somebody_else_holds_are_told_of_quietly_until_they_run()
    {
        var storage = new MemoryStateStorage();
        var other = storage.OtherProcess();
        other.TryLock("app", "0_0").Should().BeTrue();
        var lines = new Lines();
        using var thread = Begin(new MemoryLogClients(_log), new() { ApplicationId = "app", State = { Storage = storage }, PollWait = TimeSpan.Zero }, lines);
        thread.RunOnce();
        thread.Blocked.Should().BeNull("a task that has just moved within the machine waits for a moment");
        for (var i = 0; i < 400; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            thread.RunOnce();
        }

        thread.TaskCounts.Should().Be((0, 1));
        thread.Blocked.Should().Contain("0_0").And.Contain("locked by another process");
        lines.Warnings.Should().OnlyContain(l => l.Contains("0_0"));
        lines.Warnings.Count.Should().BeInRange(3, 4, "40 s at a line per 10 s");

        other.Unlock("app", "0_0");
        thread.RunOnce();
        thread.RunOnce();
        thread.Blocked.Should().BeNull();
        thread.TaskCounts.Should().Be((1, 1));
    }

    private StreamThread Begin(ILogClients clients, StreamsOptions options, ILogger? logger = null)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, byte[]>("in");
        stream.To("out");
        if (options.State.Storage is not null)
            stream.GroupByKey().Count("counts");
        foreach (var topic in new[] { "in", "out" })
            _log.Create(topic, 1);
        var topology = builder.Build();
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread("app-host-0", topology, options, topics, clients, _time, logger ?? NullLogger.Instance);
        thread.Start();
        return thread;
    }

    /// <summary>The broker of the directory's partition takes what is sent and acknowledges none of it.</summary>
    private sealed class StuckDirectory(MemoryLogClients inner) : ILogClients
    {
        public int Waits { get; set; }

        public int Sent { get; set; }

        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => inner.CreateConsumer(clientId, groupId, readCommitted);

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) =>
            clientId.EndsWith("-instances-producer", StringComparison.Ordinal) ? new Producer(this) : inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }

    private sealed class Producer(StuckDirectory clients) : ILogProducer
    {
        private bool _isQueued;

        public int PartitionCount(string topic) => 1;

        public void Send(string topic, int partition, in LogRecord record)
        {
            _isQueued = true;
            clients.Sent++;
        }

        public void Flush() => clients.Waits++;

        public bool TryFlush(TimeSpan patience)
        {
            if (patience > TimeSpan.FromSeconds(1))
                clients.Waits++;
            return !_isQueued;
        }

        public void InitTransactions() => throw new NotSupportedException();

        public void BeginTransaction() => throw new NotSupportedException();

        public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity) => throw new NotSupportedException();

        public void AbortTransaction() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class Lines : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
                Warnings.Add(formatter(state, exception));
        }
    }
}
