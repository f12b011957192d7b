using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CrashStreams.Kafka.Tests;

/// <summary>One node of Apache Kafka, from the folder in <c>KAFKA_TEST_HOME</c> (default: <c>../shared/kafka</c> beside the repository).</summary>
public sealed class ApacheKafka : IKafkaBroker
{
    // Tests provoke rebalances and wait for expired sessions.
    private const string QuickGroups = """
        group.min.session.timeout.ms=1000
        group.consumer.session.timeout.ms=6000
        group.consumer.min.session.timeout.ms=3000
        group.consumer.heartbeat.interval.ms=500
        group.consumer.min.heartbeat.interval.ms=500
        """;

    private static readonly Lazy<string?> Missing = new(FindMissing);
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-kafka-").FullName;

    public ApacheKafka(string settings = "")
    {
        var port = FreePortPair();
        BootstrapServers = $"127.0.0.1:{port}";
        Run("start", [_directory, port.ToString(CultureInfo.InvariantCulture)], QuickGroups + "\n" + settings);
    }

    /// <summary>Why there can be no Apache Kafka here, or null.</summary>
    public static string? WhyMissing => Missing.Value;

    public string BootstrapServers { get; }

    public void Dispose()
    {
        Run("stop", [_directory]);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The folder with <c>kafka.sh</c> and the jars of Apache Kafka.</summary>
    public static string Home => Environment.GetEnvironmentVariable("KAFKA_TEST_HOME") is { Length: > 0 } home ? home : Path.Combine(RepositoryRoot(), "..", "shared", "kafka");

    private static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "CrashStreams.sln")))
                return directory.FullName;
        return AppContext.BaseDirectory;
    }

    private static string? FindMissing()
    {
        if (!File.Exists(Path.Combine(Home, "kafka.sh")))
            return "no Apache Kafka: KAFKA_TEST_HOME does not name a folder with kafka.sh";
        try
        {
            using var java = Process.Start(new ProcessStartInfo("java", "-version") { RedirectStandardError = true, RedirectStandardOutput = true })!;
            java.WaitForExit();
            return java.ExitCode == 0 ? null : "no Apache Kafka: java does not start";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "no Apache Kafka: Java 17 is not installed";
        }
    }

    private static void Run(string command, string[] arguments, string extra = "")
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Home, "kafka.sh"), command, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KAFKA_EXTRA"] = extra;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"kafka.sh {command} failed: {error.Result}");
    }

    // kafka.sh takes a port for clients and the next one for the controller. Below those that systems give to clients, who could take them before the node has started.
    private static int FreePortPair()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            if (IsFree(port) && IsFree(port + 1))
                return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
