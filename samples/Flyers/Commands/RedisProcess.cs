using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary>A Redis of the demo's own, in memory, on a free port of this machine.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly Process _process;

    private RedisProcess(Process process, int port) => (_process, Address) = (process, $"127.0.0.1:{port}");

    /// <summary>Where it is.</summary>
    public string Address { get; }

    /// <exception cref="IOException">There is no redis-server on this machine.</exception>
    public static RedisProcess Start()
    {
        var port = FreePort.Find();
        try
        {
            return new(Process.Start(new ProcessStartInfo(
                "redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"]) { RedirectStandardOutput = true })!, port);
        }
        catch (Win32Exception e)
        {
            throw new IOException("There is no redis-server: install it (apt-get install redis-server), or name a Redis with --redis host:port.", e);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
