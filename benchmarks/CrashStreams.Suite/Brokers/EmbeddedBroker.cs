using System.Diagnostics;
using CrashStreams.Drain;

namespace CrashStreams.Suite.Brokers;

/// <summary>Our broker as its program, with its data in a directory of its own that is deleted at the end.</summary>
internal sealed class EmbeddedBroker : IBroker
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(20);
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-broker-").FullName;
    private readonly Process _process;

    private EmbeddedBroker(string program, int port)
    {
        Bootstrap = $"127.0.0.1:{port}";
        _process = Process.Start(new ProcessStartInfo(program, ["--port", $"{port}", "--data", _directory]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
    }

    public string Bootstrap { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<EmbeddedBroker> StartAsync(string program)
    {
        var port = FreePorts.Pair();
        var broker = new EmbeddedBroker(program, port);
        for (var start = Stopwatch.GetTimestamp(); !await FreePorts.IsListeningAsync(port);)
        {
            if (broker._process.HasExited || Stopwatch.GetElapsedTime(start) > _patience)
                throw new IOException($"{program} did not start.");
            await Task.Delay(_glance, TimeProvider.System);
        }

        return broker;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
