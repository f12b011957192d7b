using System.Diagnostics;

namespace CrashStreams.Broker.Chaos;

/// <summary>The command line's broker in a process of its own, which can be ended without notice.</summary>
public sealed class BrokerProcess : IDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, string bootstrapServers) => (_process, BootstrapServers) = (process, bootstrapServers);

    public string BootstrapServers { get; }

    public int Port => int.Parse(BootstrapServers[(BootstrapServers.LastIndexOf(':') + 1)..]);

    public static async Task<BrokerProcess> StartAsync(string dataDirectory, int port = 0)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "crashstreams-broker.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--data", dataDirectory, "--port", $"{port}"]) { RedirectStandardOutput = true })!;
        const string Ready = "Kafka broker ready: ";
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            if (line.StartsWith(Ready, StringComparison.Ordinal))
                return new BrokerProcess(process, line[Ready.Length..]);
        await process.WaitForExitAsync();
        throw new IOException($"The broker ended with exit code {process.ExitCode} before it was ready.");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
