using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>A machine whose clock is set back by an hour.</summary>
public sealed class ClockSetBackTests
{
    [Fact]
    public void What_was_processed_is_committed_all_the_same()
    {
        var (log, time) = (new MemoryLog(), new SettableTime());
        using var thread = Begin(log, time);
        thread.RunOnce();
        time.Now -= TimeSpan.FromHours(1);
        for (var i = 0; i < 20; i++)
        {
            log.Append("in", 0, new LogRecord { Value = [1], HasValue = true, Timestamp = i });
            thread.RunOnce();
            time.Now += TimeSpan.FromMilliseconds(200);
        }

        log.Committed[new("in", 0)].Offset.Should().BeGreaterThan(10);
    }

    [Fact]
    public void A_turn_is_over_when_nobody_knows_how_long_it_has_lasted()
    {
        var time = new SettableTime();
        using var pace = new TurnPace(time, static (_, _) => false);
        pace.Start();
        pace.Begin(hasRecords: true);
        time.Now -= TimeSpan.FromHours(1);
        var records = 1;
        while (!pace.IsOver() && records < 10_000)
            records++;
        records.Should().BeLessThan(1_000);
    }

    private static StreamThread Begin(MemoryLog log, TimeProvider time)
    {
        foreach (var topic in new[] { "in", "out" })
            log.Create(topic, 1);
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>("in").To("out");
        var (topology, clients) = (builder.Build(), new MemoryLogClients(log));
        var options = new StreamsOptions { ApplicationId = "app", PollWait = TimeSpan.Zero };
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread("app-host-0", topology, options, topics, clients, time, NullLogger.Instance);
        thread.Start();
        return thread;
    }

    private sealed class SettableTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
