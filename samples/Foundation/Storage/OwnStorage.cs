using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Storage;

/// <summary>Object storage that a command or a test brings along: npm's s3rver, a server of S3's protocol that keeps objects in a folder, on a free port of this machine.</summary>
internal sealed class OwnStorage : IDisposable
{
    /// <summary>The id and the secret of the key that s3rver knows.</summary>
    public const string Key = "S3RVER";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    private readonly string _folder;
    private readonly string[] _buckets;
    private readonly int _port;
    private Process? _process;

    /// <summary>Describes one; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="folder">Where objects are kept; they are there again after a restart.</param>
    /// <param name="buckets">The buckets that exist.</param>
    public OwnStorage(string folder, params string[] buckets) => (_folder, _buckets, _port) = (folder, buckets, FreePort.Find());

    /// <summary>Whether it can be started here.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Where it is.</summary>
    public Uri Url => new($"http://127.0.0.1:{_port}");

    // build.sh installs it there.
    private static string Program => Path.Combine(AppContext.BaseDirectory, "s3rver", "node_modules", "s3rver", "bin", "s3rver.js");

    /// <summary>Starts it, again after <see cref="Kill"/>; completes when it listens.</summary>
    /// <exception cref="IOException">It can't be started.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (!IsInstalled)
            throw new IOException("There is no s3rver beside the program: start it through build.sh, which installs it where Node.js and npm are, or name a storage with --s3 URL --bucket NAME.");
        List<string> arguments =
        [
            Program, "--silent", "--directory", _folder, "--address", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture), "--no-vhost-buckets",
            .. _buckets.SelectMany(static bucket => new[] { "--configure-bucket", bucket }),
        ];
        try
        {
            _process = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, Environment = { ["NODE_NO_WARNINGS"] = "1" } })!;
        }
        catch (Win32Exception e)
        {
            throw new IOException("There is no node to run s3rver: install Node.js (apt-get install nodejs npm), or name a storage with --s3 URL --bucket NAME.", e);
        }

        var began = TimeProvider.System.GetTimestamp();
        while (!await IsListeningAsync(cancellation))
        {
            if (_process.HasExited || TimeProvider.System.GetElapsedTime(began) > _patience)
                throw new IOException($"s3rver does not listen on port {_port}.");
            await Task.Delay(_look, TimeProvider.System, cancellation);
        }
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose() => Kill();

    private async Task<bool> IsListeningAsync(CancellationToken cancellation)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
