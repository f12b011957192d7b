using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>A thread of very many tasks while hardly anything comes.</summary>
public sealed class ManyTasksTests
{
    private const int Partitions = 200;
    private const int SecondMs = 1_000;

    private readonly MemoryLog _log = new();
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private int _looks;

    [Fact]
    public void A_record_costs_no_visit_of_the_other_tasks()
    {
        using var thread = Begin(static b => b.Stream<byte[], byte[]>("in").To("out"));
        Run(thread, SecondMs);
        for (var i = 0; i < 10; i++)
        {
            var before = _looks;
            Append(i);
            thread.RunOnce();
            (_looks - before).Should().BeLessThan(10, "only the task of the record is looked at, of {0}", Partitions);
        }

        _log.Partition(new("out", 0)).Should().HaveCount(10);
    }

    [Fact]
    public void What_comes_is_counted_and_closed()
    {
        using var thread = Begin(static b => b.Stream<byte[], byte[]>("in")
            .GroupBy(static (_, value) => $"user {value[0] % 10}", new() { Name = "by-user" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.Zero))
            .Count()
            .Suppress(Suppressed.UntilWindowCloses())
            .ToStream((window, _) => window.Key)
            .To("out", new() { ValueSerde = Serdes.Int64 }));
        // The clock is half a minute ahead of the windows in the end: all inputs are idle, so the latest event time counts.
        for (var i = 0; i < 300; i++)
        {
            Append(i);
            Run(thread, 100);
        }

        for (var i = 0; i < Partitions; i++)
            Append(i);
        Run(thread, 20 * SecondMs);
        var counts = _log.Partition(new("out", 0)).Sum(r => Serdes.Int64.Deserialize(r.Value));
        counts.Should().Be(300, "three windows of a hundred records each are closed");
    }

    [Fact]
    public void Markers_are_bounded()
    {
        using var thread = Begin(static b => b.Stream<byte[], byte[]>("in").Repartition(new() { Name = "again" }).To("out"));
        Run(thread, 10 * SecondMs);
        var before = Written();
        for (var i = 0; i < 100; i++)
        {
            Append(i);
            Run(thread, 200);
        }

        (Written() - before - 100).Should().BeInRange(Partitions, 200 * 20 + Partitions, "200 a second, for 20 s");

        int Written() => Enumerable.Range(0, Partitions).Sum(p => _log.Partition(new("app-again-repartition", p)).Count);
    }

    private void Append(int i) =>
        _log.Append("in", i % Partitions, new LogRecord { Value = [(byte)(i % 10)], HasValue = true, Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds() });

    private void Run(StreamThread thread, int ms)
    {
        for (var passed = 0; passed < ms; passed += 50)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            while (thread.RunOnce())
            {
            }
        }
    }

    private StreamThread Begin(Action<StreamsBuilder> declare)
    {
        var builder = new StreamsBuilder();
        declare(builder);
        _log.Create("in", Partitions);
        _log.Create("out", 1);
        var (topology, clients) = (builder.Build(), new Counted(new(_log), () => _looks++));
        var options = new StreamsOptions { ApplicationId = "app", PollWait = TimeSpan.Zero };
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread("app-host-0", topology, options, topics, clients, _time, NullLogger.Instance);
        thread.Start();
        Run(thread, 10 * SecondMs);
        return thread;
    }

    private sealed class Counted(MemoryLogClients inner, Action looked) : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => new Consumer(inner.CreateConsumer(clientId, groupId, readCommitted), looked);

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }

    private sealed class Consumer(ILogConsumer inner, Action looked) : ILogConsumer
    {
        public object GroupIdentity => inner.GroupIdentity;

        public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) => inner.Subscribe(topics, listener);

        public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => inner.Assign(offsets);

        public LogBatch Poll(TimeSpan maxWait) => inner.Poll(maxWait);

        public void Wake() => inner.Wake();

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public void Seek(TopicPartition partition, long offset) => inner.Seek(partition, offset);

        public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

        public long Position(TopicPartition partition)
        {
            looked();
            return inner.Position(partition);
        }

        public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => inner.Committed(partitions);

        public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => inner.Commit(offsets);

        public void Dispose() => inner.Dispose();
    }
}
