using CrashStreams.Broker;
using CrashStreams.RocksDb;
using CrashStreams.State;

namespace CrashStreams.State.Benchmarks;

/// <summary>Failover on an embedded broker, with and without a standby, in memory and on RocksDB.</summary>
internal static class FailoverRuns
{
    public static async Task RunAsync(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 300_000), session = arguments.Number("session", 3), rounds = arguments.Number("rounds", 3);
        var directory = Directory.CreateTempSubdirectory("crashstreams-failover-").FullName;
        await using (var broker = await EmbeddedBroker.StartAsync(new() { DataDirectory = Path.Combine(directory, "broker"), ConsumerSessionTimeout = TimeSpan.FromSeconds(session) }))
        {
            foreach (var guarantee in Enum.GetValues<ProcessingGuarantee>())
            {
                foreach (var isOnDisk in new[] { false, true })
                {
                    for (var round = 0; round < rounds; round++)
                    {
                        foreach (var hasStandby in new[] { false, true })
                        {
                            var run = Path.Combine(directory, $"{guarantee}-{isOnDisk}-{round}-{hasStandby}");
                            IStateStorage? New(string instance) => isOnDisk ? new RocksDbState(new() { Directory = Path.Combine(run, instance) }) : null;
                            var measured = await Failover.MeasureAsync(broker.BootstrapServers, keys, hasStandby, guarantee, New, TimeSpan.FromMinutes(2));
                            Console.WriteLine($"{guarantee,-12} {(isOnDisk ? "RocksDB" : "memory"),-8} {(hasStandby ? "standby" : "none"),-8} output after {measured.Resumed.TotalSeconds,6:0.00} s "
                                + $"= session {session} s {(measured.Resumed.TotalSeconds - session),+6:+0.00;-0.00} s, {measured.Restored,8:N0} records restored");
                        }
                    }
                }
            }
        }

        Directory.Delete(directory, recursive: true);
    }
}
