using System.Diagnostics;
using System.Globalization;
using CrashStreams.Drain;

namespace CrashStreams.Chaos;

/// <summary>A broker whose process can be killed and started again on its data.</summary>
internal interface IBrokerProcess : IDisposable
{
    string BootstrapServers { get; }

    Task StartAsync();

    Task KillAsync();
}

/// <summary>The embedded broker on the command line.</summary>
internal sealed class EmbeddedBrokerProcess(string directory, TimeSpan sessionTimeout) : IBrokerProcess
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly int _port = FreePorts.Pair();
    private ChaosProcess? _process;

    public string BootstrapServers => $"127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _process?.Dispose();
        _process = new(
            Path.Combine(directory, "broker.log"), "crashstreams-broker",
            "--port", $"{_port}", "--data", Path.Combine(directory, "data"), "--session-timeout", sessionTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        var clock = Stopwatch.StartNew();
        while (!await FreePorts.IsListeningAsync(_port))
        {
            if (_process.HasExited || clock.Elapsed > _patience)
                throw new IOException($"The broker did not start; see {Path.Combine(directory, "broker.log")}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    public Task KillAsync() => _process!.KillAsync();

    public void Dispose() => _process?.Dispose();
}

/// <summary>One node of Apache Kafka, from the folder in <c>KAFKA_TEST_HOME</c> (default: <c>../shared/kafka</c>).</summary>
internal sealed class ApacheKafkaProcess(string directory, TimeSpan sessionTimeout) : IBrokerProcess
{
    private static readonly string _script =
        Path.Combine(Environment.GetEnvironmentVariable("KAFKA_TEST_HOME") is { Length: > 0 } home ? home : Path.Combine("..", "shared", "kafka"), "kafka.sh");

    private readonly int _port = FreePorts.Pair();
    private bool _isPrepared;

    public string BootstrapServers => $"127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        if (_isPrepared)
            await RunAsync("restart", directory, "1");
        else
            await RunAsync("start", directory, $"{_port}");
        _isPrepared = true;
    }

    public async Task KillAsync()
    {
        await RunAsync("kill", directory);
        // The signal alone is not the end: for some moments the dying node still has its port and its locks.
        while (await FreePorts.IsListeningAsync(_port))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }

    public void Dispose()
    {
        if (_isPrepared)
            KillAsync().GetAwaiter().GetResult();
    }

    private async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [_script, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        var session = ((int)sessionTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        start.Environment["KAFKA_EXTRA"] = $"group.consumer.session.timeout.ms={session}\ngroup.consumer.min.session.timeout.ms=1000\ngroup.consumer.heartbeat.interval.ms=1000\ngroup.consumer.min.heartbeat.interval.ms=500";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new IOException($"kafka.sh {arguments[0]} failed: {await error}");
    }
}
