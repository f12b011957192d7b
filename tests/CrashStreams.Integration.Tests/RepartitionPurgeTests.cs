using System.Diagnostics;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;

namespace CrashStreams.Integration.Tests;

/// <summary>Repartition topics are kept without limit of time: what is processed has to be deleted by the application, or disks fill up.</summary>
public sealed class RepartitionPurgeTests(EmbeddedKafka broker)
{
    private const int Records = 500;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Processed_records_of_a_repartition_topic_are_deleted_and_results_stay(ProcessingGuarantee guarantee)
    {
        var name = $"purge-{Guid.NewGuid():N}";
        await broker.CreateTopic($"{name}-in", 2);
        await broker.CreateTopic($"{name}-out", 1);
        var clients = new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers });
        var builder = new StreamsBuilder();
        builder.Stream<string, string>($"{name}-in").SelectKey((_, value) => value).Repartition(new() { Name = "by-value" }).To($"{name}-out");
        var options = new StreamsOptions { ApplicationId = name, Delivery = { Guarantee = guarantee, Shuffle = ShuffleFormat.Plain }, RepartitionPurgeInterval = TimeSpan.FromMilliseconds(200) };
        await using var application = new StreamsApplication(builder.Build(), options, clients);
        await application.StartAsync();

        using (var producer = clients.CreateProducer("producer", null))
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            for (var i = 0; i < Records; i++)
                producer.Send($"{name}-in", i % 2, new LogRecord { Value = Encoding.UTF8.GetBytes($"{i}"), HasValue = true, Timestamp = now + i });
            producer.Flush();
        }

        await application.CaughtUpAsync();
        using var admin = clients.CreateAdmin("admin");
        TopicPartition[] repartition = [new($"{name}-by-value-repartition", 0), new($"{name}-by-value-repartition", 1)];
        var clock = Stopwatch.StartNew();
        long deleted;
        do
        {
            clock.Elapsed.Should().BeLessThan(_patience, "the processed records should have been deleted by then");
            deleted = (await admin.OffsetsAsync(repartition, CancellationToken.None)).Values.Sum(o => o.Start);
        }
        while (deleted < Records);

        TopicPartition result = new($"{name}-out", 0);
        using var reader = clients.CreateRestoreConsumer("reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [result] = 0 });
        var values = new HashSet<string>();
        while (values.Count < Records && clock.Elapsed < _patience)
        {
            var batch = reader.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
                values.Add(Encoding.UTF8.GetString(batch[i].Value));
        }

        values.Should().HaveCount(Records);
        application.State.Should().Be(ApplicationState.Running);
    }
}
