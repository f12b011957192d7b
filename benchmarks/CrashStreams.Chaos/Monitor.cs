using CrashStreams.CrashMonitor;

namespace CrashStreams.Chaos;

/// <summary>One instance of the crash monitor, in whatever state the faults have left it.</summary>
internal sealed class Monitor(int number, string log, string bootstrapServers, ChaosOptions options, CrashMonitorOptions monitor) : IDisposable
{
    private const int Stopped = 0, Interrupted = 128 + 2, Terminated = 128 + 15;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private ChaosProcess? _process;
    private readonly string _state = Path.Combine(options.StateDirectory, $"monitor-{number}");
    private long _logBefore;

    public int Number => number;

    public bool IsUp => _process is not null;

    /// <summary>When a suspended process is to go on.</summary>
    public TimeSpan? ResumeAt { get; private set; }

    /// <summary>It ended by itself, with this exit code.</summary>
    public int? Died => _process is { HasExited: true } ? _process.ExitCode : null;

    public void Start()
    {
        _logBefore = LogLength;
        _process = new(
            log, "crash-monitor", "run", "--bootstrap", bootstrapServers, "--guarantee", options.GuaranteeName, "--log", "Information",
            "--window", $"{monitor.Window}", "--grace", $"{monitor.Grace}", "--state", options.StateName, "--state-dir", _state);
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
        var isRight = code == Stopped || IsEndOfStart(code);
        Forget();
        return isRight ? null : $"monitor {number} {(code is null ? $"did not stop within {_patience}" : $"stopped with exit code {code}")}; see {log}";
    }

    /// <summary>Loses what it keeps on disk, as a new machine would.</summary>
    public void DeleteState()
    {
        if (Directory.Exists(_state))
            Directory.Delete(_state, recursive: true);
    }

    /// <summary>
    /// How it may end when it is told to stop while it starts, or waits for its broker: interrupted; by the signal itself only as
    /// long as it has not executed anything, which shows in that it has printed nothing.
    /// </summary>
    private bool IsEndOfStart(int? code) => code is Interrupted || (code == Terminated && LogLength == _logBefore);

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

    private long LogLength => File.Exists(log) ? new FileInfo(log).Length : 0;
}
