using System.Diagnostics;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;

namespace CrashStreams.Suite.EndToEnd;

/// <summary>The alerts that a drain has written beside those that the input requires.</summary>
internal sealed record AlertCheck(int Due, long Found, int Missing, int Wrong, int Extra, int Duplicate, int Unreadable)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(500);

    /// <summary>Nothing fails in a drain, so both guarantees give each alert once.</summary>
    public bool IsRight => Due > 0 && Missing + Wrong + Extra + Duplicate + Unreadable == 0;

    /// <summary>What the lines of a topic require, by the oracle, which shares nothing with an engine.</summary>
    public static async Task<ExpectedAlerts> ExpectAsync(ILogClients clients, string topic)
    {
        var oracle = new AlertOracle(new() { InputTopic = topic });
        await TopicScan.ReadAsync(clients, topic, Add, null, default);
        return oracle.Finish();

        void Add(TopicPartition partition, in LogRecord record) => oracle.Add(partition.Partition, record.Value);
    }

    /// <summary>
    /// Of a drain whose processes have ended, so that nothing more is written. A broker answers that a transaction is committed before its partitions are told so: what is missing may only not be visible yet.
    /// </summary>
    public static async Task<AlertCheck> OfEndedAsync(ILogClients clients, string alertTopic, ExpectedAlerts expected)
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            var check = await OfAsync(clients, alertTopic, expected);
            if (check.Missing == 0 || Stopwatch.GetElapsedTime(start) > _patience)
                return check;
            await Task.Delay(_glance, TimeProvider.System);
        }
    }

    private static async Task<AlertCheck> OfAsync(ILogClients clients, string alertTopic, ExpectedAlerts expected)
    {
        var comparison = new AlertComparison(expected);
        await TopicScan.ReadAsync(clients, alertTopic, Add, null, default);
        return new(
            expected.Due.Count, comparison.Found, comparison.Missing.Count, comparison.Wrong.Count, comparison.Extra.Count, comparison.Duplicate.Count, comparison.Unreadable.Count);

        void Add(TopicPartition partition, in LogRecord record) => comparison.Add(record.Value, $"{partition} offset {record.Offset}");
    }
}
