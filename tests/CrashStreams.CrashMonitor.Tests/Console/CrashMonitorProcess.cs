using System.Diagnostics;
using System.Text;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>The console program as a process of its own.</summary>
internal sealed class CrashMonitorProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly StringBuilder _error = new();

    public CrashMonitorProcess(params string[] arguments)
        : this(Environment.CurrentDirectory, arguments)
    {
    }

    public CrashMonitorProcess(string folder, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "crash-monitor");
        _process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _process.ErrorDataReceived += (_, line) => AddError(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has written to standard error so far. Another thread reads it: hence the lock.</summary>
    public string Error
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    /// <summary>Waits for the end of the process; it has a minute.</summary>
    public async Task<(int ExitCode, string Output, string Error)> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _process.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, await _output, Error);
    }

    /// <summary>Waits until standard error has what is looked for; it has a minute, too.</summary>
    public async Task ErrorAsync(Func<string, bool> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!isThere(Error))
        {
            if (_process.HasExited || patience.IsCancellationRequested)
                Assert.Fail($"It never came:\n{Error}");
            await ticks.WaitForNextTickAsync();
        }
    }

    /// <summary>Asks it to stop, as Ctrl-C does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", $"{_process.Id}"])!.WaitForExit();

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = new CrashMonitorProcess(arguments);
        return await process.EndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void AddError(string? line)
    {
        if (line is null)
            return;
        lock (_error)
            _error.Append(line).Append('\n');
    }
}
