using System.Diagnostics;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>A broker in a process of its own, so that its memory and CPU are not those of its clients; it answers each line on its input with what it uses.</summary>
internal sealed class ServedBroker : IDisposable
{
    private readonly Process _process;

    private ServedBroker(Process process, string bootstrapServers) => (_process, BootstrapServers) = (process, bootstrapServers);

    public string BootstrapServers { get; }

    public static async Task<ServedBroker> StartAsync(string directory)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve", directory]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new IOException("The broker's process ended before it was ready.");
        return new ServedBroker(process, address);
    }

    /// <summary>The other side: serves until the input ends.</summary>
    public static async Task ServeAsync(string directory)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory });
        Console.WriteLine(broker.BootstrapServers);
        while (await Console.In.ReadLineAsync() is not null)
            Console.WriteLine(Resources.OfThisProcess());
    }

    public async Task<Resources> ResourcesAsync()
    {
        await _process.StandardInput.WriteLineAsync("?");
        await _process.StandardInput.FlushAsync();
        return Resources.Parse(await _process.StandardOutput.ReadLineAsync() ?? throw new IOException("The broker's process has ended."));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            _process.Kill();
        _process.Dispose();
    }
}
