using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>Reads partitions to the end that they had at the start, and only counts.</summary>
internal static class Draining
{
    public static void Run(ILogClients clients, IReadOnlyDictionary<TopicPartition, (long Start, long End)> offsets)
    {
        var total = offsets.Values.Sum(o => o.End - o.Start);
        if (total == 0)
        {
            Console.WriteLine("drain: the topic is empty");
            return;
        }

        using var consumer = clients.CreateRestoreConsumer("drain", readCommitted: true);
        consumer.Assign(offsets.ToDictionary(o => o.Key, o => o.Value.Start));
        var measurement = new Measurement("drain");
        long count = 0;
        while (count < total)
            count += consumer.Poll(TimeSpan.FromMilliseconds(100)).Count;
        measurement.Print(count);
    }
}
