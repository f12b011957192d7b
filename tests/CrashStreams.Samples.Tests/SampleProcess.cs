using System.Diagnostics;
using System.Text;

namespace CrashStreams.Samples.Tests;

/// <summary>A sample's program as a process of its own.</summary>
internal sealed class SampleProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _text = new();

    public SampleProcess(string program, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has written so far. Other threads read it: hence the lock.</summary>
    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    /// <summary>Waits until it has written something, so many times; it has a minute.</summary>
    public async Task WaitForAsync(string text, int times = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (Text.Split(text).Length <= times)
        {
            if (_process.HasExited || patience.IsCancellationRequested)
                Assert.Fail($"It never came:\n{Text}");
            await ticks.WaitForNextTickAsync();
        }
    }

    /// <summary>Waits for the end of the process; it has a minute.</summary>
    public async Task<(int ExitCode, string Text)> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _process.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, Text);
    }

    /// <summary>Ends it as a crash does: kill -9.</summary>
    public void Crash()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Asks it to stop, as Ctrl-C does.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", $"{_process.Id}"])!.WaitForExit();

    public static async Task<(int ExitCode, string Text)> RunAsync(string program, params string[] arguments)
    {
        using var process = new SampleProcess(program, arguments);
        return await process.EndAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Add(string? line)
    {
        lock (_text)
            _text.AppendLine(line);
    }
}
