using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Reading and writing a record allocates nothing.</summary>
public sealed class AllocationTests(ApacheKafkaFixture fixture) : LogTest
{
    private const int Records = 100_000;

    protected override IKafkaBroker Broker => fixture.Broker;

    [Fact]
    public async Task A_hundred_thousand_records_are_written_and_read_without_an_allocation_per_record()
    {
        var topic = await NewTopic(partitions: 4);
        var producer = NewProducer();
        var reader = NewReader(topic, partitions: 4);
        Send(producer, topic, 0, "warm up");
        ReadAll(reader, 1);
        var value = new byte[165];
        var key = new byte[8];

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Records; i++)
            producer.Send(topic, i & 3, new LogRecord { HasKey = true, Key = key, HasValue = true, Value = value, Timestamp = i });
        producer.Flush();
        var written = GC.GetAllocatedBytesForCurrentThread() - before;

        before = GC.GetAllocatedBytesForCurrentThread();
        long count = 0, bytes = 0;
        while (count < Records)
        {
            var batch = reader.Poll(Wait);
            for (var i = 0; i < batch.Count; i++)
                bytes += batch[i].Value.Length;
            count += batch.Count;
        }

        var read = GC.GetAllocatedBytesForCurrentThread() - before;
        bytes.Should().Be(Records * 165);
        // Some hundred bytes for a flush and for first sights of a partition; a single byte per record would be 100,000.
        written.Should().BeLessThan(10_000);
        read.Should().BeLessThan(10_000);
    }
}
