using CrashStreams.CrashMonitor;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>Fills a new topic with generated log lines, one in four of which is a severe crash, as fast as the broker takes them.</summary>
internal static class Loading
{
    public static async Task RunAsync(ILogClients clients, string topic, int partitions, long count)
    {
        using var admin = clients.CreateAdmin("load");
        await admin.CreateTopicsAsync([new(topic, partitions, new Dictionary<string, string> { ["retention.ms"] = "-1" })], default);
        using var producer = clients.CreateProducer("load", null);
        var generator = new LoadGenerator(
            new() { Count = count, Speed = double.PositiveInfinity, Start = DateTimeOffset.FromUnixTimeSeconds(1_768_142_570) }, partitions);
        await generator.SendAsync(producer, topic, TimeProvider.System, null, default);
    }
}
