using System.Buffers.Binary;
using System.Diagnostics;
using CrashStreams.Log;

namespace CrashStreams.Suite.Latency;

/// <summary>
/// Sends numbered records at a steady rate, whatever becomes of them, and knows when each was due. A delay counts from there: a load that waited for a slow system would hide how long others
/// would have waited (coordinated omission).
/// </summary>
internal sealed class OpenLoop(int perSecond, int total)
{
    public const int Partitions = 4;

    /// <summary>A multiple of the partitions, so each user's records are in one of them.</summary>
    public const int Users = 100;

    private readonly long[] _due = new long[total];

    public int Total => total;

    /// <summary>The event time of the first record.</summary>
    public long StartMs { get; private set; }

    public static long UserOf(long number) => number % Users;

    /// <summary>The number of a user's n-th record, from 1 on.</summary>
    public static long NumberOf(long user, long n) => ((n - 1) * Users) + user;

    /// <summary>When a record was due, in ticks of the stopwatch. The thread that measures reads what the thread that sends has written before it sent.</summary>
    public long Due(long number) => Volatile.Read(ref _due[number]);

    /// <summary>The first record with an event time that is not before this one.</summary>
    public long FirstOf(long timeMs) => Math.Max(0, (((timeMs - StartMs) * perSecond) + 999) / 1000);

    // A record that the loop was late for because a send took long keeps the time at which it was due; what only the sleep was late for does not count.
    public void Run(ILogProducer producer, string topic)
    {
        var value = new byte[sizeof(long)];
        var (start, woke) = (Stopwatch.GetTimestamp(), 0L);
        StartMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < total; i++)
        {
            var due = start + (i * Stopwatch.Frequency / perSecond);
            while (due > Stopwatch.GetTimestamp())
            {
                Thread.Sleep(1);
                woke = Stopwatch.GetTimestamp();
            }

            Volatile.Write(ref _due[i], Math.Max(due, woke));
            BinaryPrimitives.WriteInt64BigEndian(value, i);
            producer.Send(topic, i % Partitions, new LogRecord { Value = value, HasValue = true, Timestamp = StartMs + (i * 1000L / perSecond) });
        }

        producer.Flush();
    }
}
