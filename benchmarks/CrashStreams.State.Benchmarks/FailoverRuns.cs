using System.Globalization;
using CrashStreams.Broker;
using CrashStreams.Drain;

namespace CrashStreams.State.Benchmarks;

/// <summary>Failovers on an embedded broker or an Apache Kafka, with and without a standby, in memory and on RocksDB, under both guarantees.</summary>
internal static class FailoverRuns
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int session = arguments.Number("session", 3), keys = arguments.Number("keys", 300_000);
        var directory = Directory.CreateTempSubdirectory("crashstreams-failover-").FullName;
        if (arguments.Text("kafka") is { Length: > 0 } home)
        {
            var milliseconds = (session * 1000).ToString(CultureInfo.InvariantCulture);
            Environment.SetEnvironmentVariable("KAFKA_EXTRA", $"group.consumer.session.timeout.ms={milliseconds}\ngroup.consumer.min.session.timeout.ms=1000\n"
                + "group.consumer.heartbeat.interval.ms=1000\ngroup.consumer.min.heartbeat.interval.ms=500");
            using var kafka = new ApacheKafka(home);
            await RunAsync("Kafka", kafka.Bootstrap, directory, session, keys, arguments);
        }
        else
        {
            await using var broker = await EmbeddedBroker.StartAsync(new() { DataDirectory = Path.Combine(directory, "broker"), ConsumerSessionTimeout = TimeSpan.FromSeconds(session) });
            await RunAsync("embedded", broker.BootstrapServers, directory, session, keys, arguments);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static async Task RunAsync(string broker, string bootstrap, string directory, int session, int keys, Arguments arguments)
    {
        foreach (var guarantee in Enum.GetValues<ProcessingGuarantee>())
        {
            foreach (var isOnDisk in new[] { false, true })
            {
                for (var round = 0; round < arguments.Number("rounds", 3); round++)
                {
                    foreach (var hasStandby in new[] { false, true })
                    {
                        var state = isOnDisk ? Path.Combine(directory, $"{guarantee}-{round}-{hasStandby}") : null;
                        var measured = await Failover.MeasureAsync(new(bootstrap, keys, hasStandby, guarantee, arguments.Number("transaction", 10), state, _patience));
                        var over = measured.Resumed.TotalSeconds - session;
                        Console.WriteLine($"{broker,-8} {guarantee,-12} {(isOnDisk ? "RocksDB" : "memory"),-8} {(hasStandby ? "standby" : "none"),-8} output after {measured.Resumed.TotalSeconds,6:0.00} s "
                            + $"= session {session} s {over,+6:+0.00;-0.00} s, {measured.Restored,8:N0} records restored{(hasStandby ? over <= 1 ? "  pass" : "  MISS" : "")}");
                    }
                }
            }
        }
    }
}
