using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>When results go out that the client holds back to fill its batches.</summary>
public sealed class SendingTests
{
    private readonly MemoryLog _log = new();
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly List<string> _calls = [];

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void What_there_is_goes_out_when_the_input_runs_dry(ProcessingGuarantee guarantee)
    {
        using var thread = Begin(guarantee);
        for (var i = 0; i < 3; i++)
        {
            Append();
            thread.RunOnce();
            thread.RunOnce();
            thread.RunOnce();
        }

        _calls.Should().Equal("send", "send now", "send", "send now", "send", "send now");
    }

    [Fact]
    public void Batches_fill_while_the_input_does_not_run_dry()
    {
        using var thread = Begin(ProcessingGuarantee.AtLeastOnce);
        for (var i = 0; i < 10; i++)
        {
            Append();
            thread.RunOnce();
        }

        _calls.Should().HaveCount(10).And.OnlyContain(call => call == "send");
    }

    private void Append() => _log.Append("in", 0, new LogRecord { Value = "1"u8, HasValue = true, Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds() });

    private StreamThread Begin(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>("in").To("out");
        foreach (var topic in new[] { "in", "out" })
            _log.Create(topic, 1);
        var (topology, clients) = (builder.Build(), new Recorded(new(_log), _calls));
        var options = new StreamsOptions { ApplicationId = "app", PollWait = TimeSpan.FromMilliseconds(1), Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMinutes(1) } };
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread("app-host-0", topology, options, topics, clients, _time, NullLogger.Instance);
        thread.Start();
        for (var i = 0; i < 3; i++)
            thread.RunOnce();
        _calls.Clear();
        return thread;
    }

    private sealed class Recorded(MemoryLogClients inner, List<string> calls) : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => inner.CreateConsumer(clientId, groupId, readCommitted);

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) =>
            clientId == "app-host-0-producer" ? new Producer(inner.CreateProducer(clientId, transactionalId), calls) : inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }

    private sealed class Producer(ILogProducer inner, List<string> calls) : ILogProducer
    {
        public int PartitionCount(string topic) => inner.PartitionCount(topic);

        public void Send(string topic, int partition, in LogRecord record)
        {
            calls.Add("send");
            inner.Send(topic, partition, in record);
        }

        public void Flush()
        {
            calls.Add("flush");
            inner.Flush();
        }

        public bool TryFlush(TimeSpan patience)
        {
            calls.Add("send now");
            return inner.TryFlush(patience);
        }

        public void InitTransactions() => inner.InitTransactions();

        public void BeginTransaction() => inner.BeginTransaction();

        public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
        {
            calls.Add("commit");
            inner.CommitTransaction(offsets, groupIdentity);
        }

        public void AbortTransaction() => inner.AbortTransaction();

        public void Dispose() => inner.Dispose();
    }
}
