using CrashStreams.CrashMonitor;

namespace CrashStreams.Chaos;

/// <summary>One instance of the crash monitor, in whatever state the faults have left it.</summary>
internal sealed class Monitor(int number, string log, string bootstrapServers, ChaosOptions options, CrashMonitorOptions monitor) : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private ChaosProcess? _process;
    private int _startsBefore;

    public int Number => number;

    public bool IsUp => _process is not null;

    /// <summary>When a suspended process is to go on.</summary>
    public TimeSpan? ResumeAt { get; private set; }

    /// <summary>It ended by itself, with this exit code.</summary>
    public int? Died => _process is { HasExited: true } ? _process.ExitCode : null;

    /// <summary>Whether it got as far as running: a start that finds no broker ends with a message, as it should.</summary>
    public bool WasRunning => CountStarts() > _startsBefore;

    public void Start()
    {
        _startsBefore = CountStarts();
        _process = new(
            log, "crash-monitor", "run", "--bootstrap", bootstrapServers, "--guarantee", options.GuaranteeName, "--log", "Information",
            "--window", $"{monitor.Window}", "--grace", $"{monitor.Grace}");
    }

    public async Task KillAsync()
    {
        await _process!.KillAsync();
        Forget();
    }

    /// <summary>Stops cleanly; answers what went wrong.</summary>
    public async Task<string?> StopAsync()
    {
        var code = await _process!.StopAsync(_patience);
        // Before it runs there is nothing to stop in order, and the signal may come before it is listened to.
        var isRight = code == 0 || (code is not null && !WasRunning);
        Forget();
        return isRight ? null : $"monitor {number} {(code is null ? $"did not stop within {_patience}" : $"stopped with exit code {code}")}; see {log}";
    }

    public async Task SuspendAsync(TimeSpan resumeAt)
    {
        await _process!.SuspendAsync();
        ResumeAt = resumeAt;
    }

    public async Task ResumeAsync()
    {
        await _process!.ResumeAsync();
        ResumeAt = null;
    }

    public void Forget()
    {
        _process?.Dispose();
        _process = null;
        ResumeAt = null;
    }

    public void Dispose() => _process?.Dispose();

    private int CountStarts() => File.Exists(log) ? File.ReadLines(log).Count(line => line.StartsWith("Watching ", StringComparison.Ordinal)) : 0;
}
