using System.Diagnostics;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>The command line's broker, as operators run it.</summary>
internal static class BrokerProgram
{
    /// <summary>Starts it on a free port; returns when it is ready.</summary>
    public static async Task<(Process Process, string BootstrapServers)> StartAsync(string directory)
    {
        // Under artifacts, ./build.sh puts native programs beside the others.
        var native = Path.Combine(AppContext.BaseDirectory, "../../native/CrashStreams.Broker.Cli/crashstreams-broker");
        var program = File.Exists(native) ? native : Path.Combine(AppContext.BaseDirectory, "crashstreams-broker");
        var process = Process.Start(new ProcessStartInfo(program, ["--data", directory, "--port", "0"]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new IOException("The broker did not start.");
        return (process, line[(line.LastIndexOf(' ') + 1)..]);
    }

    public static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
