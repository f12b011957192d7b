using System.Diagnostics;

namespace CrashStreams.Chaos;

/// <summary>A program in a process of its own, to which anything may happen. What it prints is appended to a file.</summary>
internal sealed class ChaosProcess : IDisposable
{
    private readonly Process _process;

    /// <param name="log">Where its output goes.</param>
    /// <param name="program">The name of one of the programs beside this one.</param>
    /// <param name="arguments">Its command line.</param>
    public ChaosProcess(string log, string program, params string[] arguments)
    {
        // The shell becomes the program, so this process is the program's own.
        var path = Path.Combine(AppContext.BaseDirectory, program);
        _process = Process.Start(new ProcessStartInfo("bash", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, path, .. arguments]))!;
    }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>What Ctrl-C does; answers the exit code, or null when the process didn't end in time.</summary>
    public async Task<int?> StopAsync(TimeSpan patience)
    {
        await SignalAsync("TERM");
        return await EndAsync(patience);
    }

    public async Task<int?> EndAsync(TimeSpan patience)
    {
        using var ended = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(ended.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Not one instruction more, until it is resumed.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }
}
