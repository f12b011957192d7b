using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>When a transaction is committed before its interval is over. The clock stands still but where a test moves it.</summary>
public sealed class CommitByNeedTests
{
    private readonly MemoryLog _log = new();
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    [Fact]
    public void A_transaction_is_committed_as_soon_as_the_input_runs_dry()
    {
        using var thread = Begin(ProcessingGuarantee.ExactlyOnce, interval: null);
        Append();
        thread.RunOnce();
        Committed().Should().Be(0, "there may be more");
        thread.RunOnce();
        Committed().Should().Be(1);
    }

    [Fact]
    public void Several_in_a_row_are_committed_early_and_then_one_per_interval()
    {
        using var thread = Begin(ProcessingGuarantee.ExactlyOnce, TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 10; i++)
            AppendAndRun(thread);
        Committed().Should().Be(EarlyCommits.Most);

        _time.Advance(TimeSpan.FromMilliseconds(50));
        AppendAndRun(thread);
        AppendAndRun(thread);
        Committed().Should().Be(11, "the interval is over, and the one behind it has to wait");
    }

    [Fact]
    public void The_allowance_is_back_after_a_pause()
    {
        using var thread = Begin(ProcessingGuarantee.ExactlyOnce, TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 10; i++)
            AppendAndRun(thread);
        _time.Advance(TimeSpan.FromSeconds(10));
        thread.RunOnce();
        for (var i = 0; i < EarlyCommits.Most - 1; i++)
            AppendAndRun(thread);
        Committed().Should().Be(10 + EarlyCommits.Most - 1);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 1_000)] // whoever asks for fewer commits gets them
    [InlineData(ProcessingGuarantee.AtLeastOnce, 50)] // results are seen without a commit
    public void Others_wait_for_their_interval(ProcessingGuarantee guarantee, int intervalMs)
    {
        using var thread = Begin(guarantee, TimeSpan.FromMilliseconds(intervalMs));
        AppendAndRun(thread);
        CommittedOffset(thread).Should().Be(0);
        _time.Advance(TimeSpan.FromMilliseconds(intervalMs));
        thread.RunOnce();
        CommittedOffset(thread).Should().Be(1);
    }

    private static long CommittedOffset(StreamThread thread) => thread.Tasks.Single().Inputs.Single().CommittedOffset;

    private long Committed()
    {
        using var reader = new MemoryLogClients(_log).CreateRestoreConsumer("reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [new("out", 0)] = 0 });
        return reader.Poll(TimeSpan.Zero).Count;
    }

    private void AppendAndRun(StreamThread thread)
    {
        Append();
        thread.RunOnce();
        thread.RunOnce();
    }

    private void Append() => _log.Append("in", 0, new LogRecord { Value = "1"u8, HasValue = true, Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds() });

    private StreamThread Begin(ProcessingGuarantee guarantee, TimeSpan? interval)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>("in").To("out");
        foreach (var topic in new[] { "in", "out" })
            _log.Create(topic, 1);
        var (topology, clients) = (builder.Build(), new MemoryLogClients(_log));
        var options = new StreamsOptions { ApplicationId = "app", PollWait = TimeSpan.FromMilliseconds(1), Delivery = { Guarantee = guarantee, CommitInterval = interval } };
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread("app-host-0", topology, options, topics, clients, _time, NullLogger.Instance);
        thread.Start();
        for (var i = 0; i < 3; i++)
            thread.RunOnce();
        return thread;
    }
}
