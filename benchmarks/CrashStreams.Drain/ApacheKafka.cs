using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.Drain;

/// <summary>An Apache Kafka of one node in a directory of its own, on free ports; stopped and deleted at the end.</summary>
internal sealed class ApacheKafka : IDisposable
{
    private readonly string _script;
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-kafka-").FullName;

    public ApacheKafka(string home)
    {
        _script = Path.Combine(home, "kafka.sh");
        var port = FreePorts.Pair();
        Bootstrap = $"127.0.0.1:{port}";
        Run("start", _directory, $"{port}");
    }

    public string Bootstrap { get; }

    /// <summary>What its process has used since its start.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            using var node = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(_directory, "node1.pid")), CultureInfo.InvariantCulture));
            return node.TotalProcessorTime;
        }
    }

    public void Dispose()
    {
        Run("stop", _directory);
        Directory.Delete(_directory, recursive: true);
    }

    private void Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(_script, arguments) { RedirectStandardOutput = true })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{_script} {arguments[0]} failed with exit code {process.ExitCode}.");
    }
}
