using System.Diagnostics;
using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.Kafka;

namespace CrashStreams.Chaos;

/// <summary>Three monitors share twelve partitions under a steady load while they and their broker are killed, suspended, stopped and started; then everything is verified.</summary>
public sealed class ChaosRun(ChaosOptions options, Action<string> progress)
{
    internal const int Monitors = 3;
    private const int Partitions = 12;
    private static readonly TimeSpan _sessionTimeout = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);

    // Far longer than the monitors' transactions may last (10 s).
    private static readonly TimeSpan _hanging = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CrashMonitorOptions _monitor = new() { Window = TimeSpan.FromSeconds(5), Grace = TimeSpan.FromSeconds(10), Guarantee = options.Guarantee };
    private readonly List<string> _violations = [];

    /// <summary>What went wrong; nothing, when the guarantee holds.</summary>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        if (Directory.Exists(options.Directory))
            Directory.Delete(options.Directory, recursive: true);
        Directory.CreateDirectory(options.Directory);
        using IBrokerProcess broker = options.IsKafka
            ? new ApacheKafkaProcess(Path.Combine(options.Directory, "broker"), _sessionTimeout)
            : new EmbeddedBrokerProcess(options.Directory, _sessionTimeout);
        await broker.StartAsync();
        await RunToEndAsync("topics", "topics", "create", "--bootstrap", broker.BootstrapServers, "--partitions", $"{Partitions}");
        var monitors = Enumerable.Range(1, Monitors).Select(n => new Monitor(n, LogOf($"monitor-{n}"), broker.BootstrapServers, options, _monitor)).ToList();
        using var load = Load(broker.BootstrapServers);
        try
        {
            var faults = new Faults(options, monitors, broker, _sessionTimeout, Tell, _violations);
            await faults.RunAsync();
            if (await load.EndAsync(_patience) is not 0)
                _violations.Add($"the load generator failed or did not end; see {LogOf("load")}");
            Tell("the load has ended");
            await DrainAsync(broker.BootstrapServers, monitors, faults);
        }
        finally
        {
            monitors.ForEach(m => m.Dispose());
        }

        return _violations;
    }

    private string LogOf(string name) => Path.Combine(options.Directory, name + ".log");

    private void Tell(string line)
    {
        line = string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:0.0} s  {line}");
        File.AppendAllText(LogOf("faults"), $"{TimeProvider.System.GetLocalNow():HH:mm:ss.fff} {line}\n");
        progress(line);
    }

    private ChaosProcess Load(string bootstrapServers) => new(
        LogOf("load"), "crash-monitor", "load", "--bootstrap", bootstrapServers, "--rate", $"{options.Rate}", "--duration", $"{(int)options.Duration.TotalSeconds}s",
        "--users", "200", "--out-of-order", "0.1", "--spread", "3s", "--late-share", "0.01", "--late-by", "20s", "--seed", $"{options.Seed}");

    private async Task RunToEndAsync(string name, params string[] arguments)
    {
        using var process = new ChaosProcess(LogOf(name), "crash-monitor", arguments);
        if (await process.EndAsync(_patience) is not 0)
            throw new IOException($"crash-monitor {arguments[0]} failed; see {LogOf(name)}.");
    }

    // Apache Kafka that is killed in the wrong moment leaves transactions whose partitions never get their end (KIP-664): then nobody can read on, which is not the monitors' fault.
    private async Task TellOpenTransactionsAsync(string bootstrapServers)
    {
        using var admin = new KafkaLogClients(new() { BootstrapServers = bootstrapServers }).CreateAdmin("chaos");
        string[] topics = [_monitor.InputTopic, _monitor.AlertTopic, .. CrashTopology.OwnTopics(_monitor.ApplicationId)];
        var before = await admin.OpenTransactionsAsync(_monitor.ApplicationId, topics, CancellationToken.None);
        if (before.Count == 0)
            return;
        await Task.Delay(_hanging, TimeProvider.System);
        var after = await admin.OpenTransactionsAsync(_monitor.ApplicationId, topics, CancellationToken.None);
        foreach (var hanging in before.Intersect(after))
            Tell($"a hanging transaction: {hanging.Partition} waits from offset {hanging.StartOffset} on for producer {hanging.ProducerId} (epoch {hanging.ProducerEpoch}), for more than {_hanging.TotalSeconds:0} s");
    }

    private async Task DrainAsync(string bootstrapServers, List<Monitor> monitors, Faults faults)
    {
        var outcome = new Outcome(new KafkaLogClients(new() { BootstrapServers = bootstrapServers }), _monitor);
        var clock = Stopwatch.StartNew();
        while (!await outcome.IsCompleteAsync() && clock.Elapsed < _patience)
        {
            await faults.KeepUpAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }

        Tell($"drained: {outcome.Summary}");
        await TellOpenTransactionsAsync(bootstrapServers);
        foreach (var monitor in monitors.Where(m => m.IsUp))
            if (await monitor.StopAsync() is { } violation)
                _violations.Add(violation);
        _violations.AddRange(await outcome.CheckAsync());
        Tell($"verified: {outcome.Summary}");
    }
}
