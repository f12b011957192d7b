using System.Diagnostics;
using CrashStreams.Kafka.Tests;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams.Integration.Tests;

/// <summary>Stores of a running application, asked by another thread.</summary>
public sealed class StoreQueryTests(EmbeddedKafka broker)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_thread_that_waits_for_records_answers_at_once_and_a_stopped_one_says_so()
    {
        var name = $"query-{Guid.NewGuid():N}";
        await broker.CreateTopic($"{name}-in", 2);
        var clients = new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers });
        var builder = new StreamsBuilder();
        builder.Stream<string, string>($"{name}-in").GroupByKey().Count("counts");
        // Longer than the test may take: an answer proves that the question woke the thread.
        var options = new StreamsOptions { ApplicationId = name, PollWait = TimeSpan.FromMinutes(10), Delivery = { CommitInterval = TimeSpan.FromMinutes(10) }, Threads = 2 };
        await using var application = new StreamsApplication(builder.Build(), options, clients);
        await application.StartAsync();
        var counts = application.KeyValueStore<string, long>("counts");
        using (var producer = clients.CreateProducer("producer", null))
        {
            foreach (var user in new[] { "ann", "bob", "ann", "cleo" })
                Send(producer, $"{name}-in", user);
            producer.Flush();
        }

        var clock = Stopwatch.StartNew();
        IReadOnlyList<KeyValuePair<string, long>> all = [];
        while (all.Sum(e => e.Value) < 4)
        {
            clock.Elapsed.Should().BeLessThan(_patience, "the records should have been counted by then");
            try
            {
                all = await counts.AllAsync().WaitAsync(_patience);
            }
            catch (StoreUnavailableException e) when (e.Reason is StoreUnavailableReason.NotHere or StoreUnavailableReason.Restoring)
            {
                // The group has not assigned the partitions yet.
                await Task.Yield();
            }
        }

        all.Should().BeEquivalentTo([KeyValuePair.Create("ann", 2L), KeyValuePair.Create("bob", 1L), KeyValuePair.Create("cleo", 1L)]);
        (await counts.GetAsync("ann").WaitAsync(_patience)).Should().Be(KeyValuePair.Create("ann", 2L));
        clock.Restart();
        for (var i = 0; i < 200; i++)
            await counts.GetAsync("ann").WaitAsync(_patience);
        TestContext.Current.TestOutputHelper?.WriteLine($"200 questions to a thread that waits: {clock.Elapsed.TotalMilliseconds / 200:0.00} ms each");

        var stopping = application.StopAsync();
        _ = Task.Run(() => counts.CountAsync());
        await stopping;
        var late = await counts.Awaiting(c => c.GetAsync("ann").WaitAsync(_patience)).Should().ThrowAsync<StoreUnavailableException>();
        late.Which.Reason.Should().Be(StoreUnavailableReason.NotRunning);
    }

    private static void Send(ILogProducer producer, string topic, string user)
    {
        var key = System.Text.Encoding.UTF8.GetBytes(user);
        // Of now: the broker deletes what is older than a week, within a tenth of a second.
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        producer.Send(topic, Murmur2.Partition(key, 2), new LogRecord { Key = key, HasKey = true, Value = key, HasValue = true, Timestamp = now });
    }
}
