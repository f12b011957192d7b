using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Tests.Flyers;

/// <summary>A real Redis that forgets everything when it is killed.</summary>
internal sealed class RedisServer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private readonly int _port;
    private Process _process;

    private RedisServer(int port)
    {
        _port = port;
        _process = Start(port);
    }

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>Starts one; skips the test where there is none.</summary>
    public static RedisServer Start()
    {
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "redis-server")));
        Assert.SkipUnless(isThere, "redis-server is missing (apt-get install redis-server)");
        return new(FreePort.Find());
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Crash()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Starts it again, empty.</summary>
    public void Restart() => _process = Start(_port);

    public void Dispose()
    {
        if (!_process.HasExited)
            Crash();
        _process.Dispose();
    }

    // When it is started it answers.
    private static Process Start(int port)
    {
        var process = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"]) { RedirectStandardOutput = true })!;
        var began = TimeProvider.System.GetTimestamp();
        while (!IsListening(port))
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(began) > _patience)
            {
                process.Kill();
                throw new TimeoutException($"redis-server does not listen on port {port}.");
            }

            Thread.Sleep(20);
        }

        return process;
    }

    private static bool IsListening(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
