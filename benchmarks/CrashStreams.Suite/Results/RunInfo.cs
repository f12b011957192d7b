using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CrashStreams.Suite.Results;

/// <summary>Where, when and of what results were measured, and how busy the machine was.</summary>
internal sealed record RunInfo
{
    public required string Command { get; init; }

    public required string Commit { get; init; }

    public required DateTimeOffset Date { get; init; }

    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required double MemoryGigabytes { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Runtime { get; init; }

    /// <summary>The load average of one minute when it began: above zero, something else was running.</summary>
    public required double LoadBefore { get; init; }

    /// <param name="command">The command that measures.</param>
    public static RunInfo Now(string command) => new()
    {
        Command = command,
        Commit = FindCommit(),
        Date = TimeProvider.System.GetUtcNow(),
        Processor = LineOf("/proc/cpuinfo", "model name"),
        Cores = Environment.ProcessorCount,
        MemoryGigabytes = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1),
        OperatingSystem = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        LoadBefore = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
    };

    // What is not committed is told: figures of it can't be measured again.
    private static string FindCommit() => Git("rev-parse", "--short", "HEAD") + (Git("status", "--porcelain", "src").Length > 0 ? " and changes" : "");

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return output;
    }

    private static string LineOf(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
