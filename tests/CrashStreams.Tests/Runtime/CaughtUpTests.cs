using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>Waiting for the end of what is there.</summary>
public sealed class CaughtUpTests
{
    [Fact]
    public async Task A_group_whose_coordinator_moves_is_asked_again()
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        var clients = new MovingCoordinator(new(log));
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        await using var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app" }, clients);
        await application.StartAsync();

        await application.CaughtUpAsync().WaitAsync(TimeSpan.FromMinutes(2));

        clients.Refused.Should().Be(1);
    }

    [Fact]
    public async Task Whoever_waits_is_given_the_reason_why_it_is_in_vain()
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        log.Append("in", 0, new LogRecord { Key = "k"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Peek(static (_, _) => throw new InvalidOperationException("the user's own fault"));
        await using var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app" }, new MemoryLogClients(log));
        await application.StartAsync();

        var told = await application.Invoking(a => a.CaughtUpAsync().WaitAsync(TimeSpan.FromMinutes(2))).Should().ThrowAsync<CrashStreamsException>();

        told.Which.Message.Should().Contain("before it had caught up with in-0").And.Contain("the user's own fault");
        told.Which.InnerException.Should().Be(application.Completion.Exception!.InnerException);
    }

    [Fact]
    public async Task What_the_input_has_closed_is_out_however_rare_markers_are()
    {
        var log = new MemoryLog();
        log.Create("in", 2);
        log.Create("out", 1);
        foreach (var (partition, time) in new[] { (0, 1_000L), (1, 1_000L), (0, 60_000L), (1, 60_000L) })
            log.Append("in", partition, new LogRecord { Key = "k"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = time });
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupBy(static (key, _) => key, new() { Name = "by-key" }).WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.Zero))
            .Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().Map(static (window, count) => (window.Key, count)).To("out");
        var options = new StreamsOptions { ApplicationId = "app", Delivery = { CommitInterval = TimeSpan.FromMilliseconds(50) }, Time = { MarkerInterval = TimeSpan.FromMilliseconds(700) } };
        await using var application = new StreamsApplication(builder.Build(), options, new MemoryLogClients(log));
        await application.StartAsync();

        await application.CaughtUpAsync().WaitAsync(TimeSpan.FromMinutes(2));

        log.Partition(new("out", 0)).Should().HaveCount(1, "the window of the first records is closed by the others");
    }

    /// <summary>The first question of who waits is refused, as by a broker that has just handed the group over.</summary>
    private sealed class MovingCoordinator(MemoryLogClients inner) : ILogClients
    {
        public int Refused { get; set; }

        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted)
        {
            var consumer = inner.CreateConsumer(clientId, groupId, readCommitted);
            return clientId.EndsWith("-progress", StringComparison.Ordinal) ? new Consumer(consumer, this) : consumer;
        }

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }

    private sealed class Consumer(ILogConsumer inner, MovingCoordinator clients) : ILogConsumer
    {
        public object GroupIdentity => inner.GroupIdentity;

        public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions)
        {
            if (clients.Refused > 0)
                return inner.Committed(partitions);
            clients.Refused++;
            throw new LogException("Not coordinator.") { IsRetriable = true };
        }

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

        public void Dispose() => inner.Dispose();
    }
}
