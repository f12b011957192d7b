using System.Diagnostics;
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
        var started = Stopwatch.GetTimestamp();
        consumer.Assign(offsets.ToDictionary(o => o.Key, o => o.Value.Start));
        long count = 0;
        var joining = TimeSpan.Zero;
        while (count < total)
        {
            count += consumer.Poll(TimeSpan.FromMilliseconds(100)).Count;
            if (joining == TimeSpan.Zero && count > 0)
                joining = Stopwatch.GetElapsedTime(started);
        }

        new Outcome(count, (Stopwatch.GetElapsedTime(started) - joining).TotalSeconds, joining.TotalSeconds).Print();
    }
}
