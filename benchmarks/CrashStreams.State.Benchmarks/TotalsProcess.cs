using System.Diagnostics;
using System.Globalization;
using CrashStreams.Kafka;

namespace CrashStreams.State.Benchmarks;

/// <summary>The application in a process of its own, which tells when its tasks run. What it says then is one line: records, seconds, highest memory in MB.</summary>
internal sealed class TotalsProcess : IDisposable
{
    private readonly Process _process;

    /// <param name="bootstrap">The broker.</param>
    /// <param name="directory">Where its state is.</param>
    /// <param name="partitions">How many tasks it has.</param>
    /// <param name="goesOn">Whether it goes on, until it is killed, or ends in order.</param>
    public TotalsProcess(string bootstrap, string directory, int partitions, bool goesOn)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["totals", bootstrap, directory, $"{partitions}", $"{goesOn}"]) { RedirectStandardOutput = true };
        _process = Process.Start(start)!;
    }

    /// <summary>Waits until its tasks run.</summary>
    public (long Restored, double Seconds, double PeakMegabytes) UntilRunning()
    {
        var line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The application ended before its tasks ran.");
        var words = line.Split(' ');
        return (long.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture), double.Parse(words[2], CultureInfo.InvariantCulture));
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void WaitForEnd() => _process.WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    /// <summary>What such a process does.</summary>
    public static async Task RunAsync(string bootstrap, string directory, int partitions, bool goesOn)
    {
        // The classic protocol lets a static member that was killed come back at once.
        var options = new KafkaOptions { BootstrapServers = bootstrap, GroupProtocol = GroupProtocol.Classic, GroupInstanceId = "totals" };
        await Totals.RunAsync(new KafkaLogClients(options), directory, 256L << 20, partitions, (restored, seconds) =>
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{restored} {seconds} {Measured.PeakMegabytes}"));
            return goesOn ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System) : Task.CompletedTask;
        });
    }
}
