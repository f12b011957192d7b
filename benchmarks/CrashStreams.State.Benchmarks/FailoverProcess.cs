using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.State.Benchmarks;

/// <summary>A <see cref="FailoverInstance"/> as its measurer sees it.</summary>
internal sealed class FailoverProcess : IDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private List<int> _tasks = [];
    private int _warm;
    private long _restored;
    private readonly List<string> _log = [];

    public FailoverProcess(params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "CrashStreams.State.Benchmarks"), ["instance", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public (List<int> Tasks, int Warm, long Restored) Told
    {
        get
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"An instance ended with exit code {_process.ExitCode}.");
            lock (_lock)
                return (_tasks, _warm, _restored);
        }
    }

    /// <summary>What the instance has logged.</summary>
    public string LogText
    {
        get
        {
            lock (_lock)
                return string.Join('\n', _log);
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
                _process.Kill();
        }

        _process.Dispose();
    }

    private void Log(string? line)
    {
        lock (_lock)
            _log.Add(line ?? "");
    }

    private void Hear(string? line)
    {
        if (line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["tasks", .. var rest])
            return;
        var (warm, restored) = (Array.IndexOf(rest, "warm"), Array.IndexOf(rest, "restored"));
        lock (_lock)
        {
            _tasks = rest[..warm].Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToList();
            _warm = int.Parse(rest[warm + 1], CultureInfo.InvariantCulture);
            _restored = long.Parse(rest[restored + 1], CultureInfo.InvariantCulture);
        }
    }
}
