using System.Diagnostics;

namespace CrashStreams.Chaos;

/// <summary>What happens to whom and when, by the seed: each is told before it happens.</summary>
internal sealed class Faults(ChaosOptions options, List<Monitor> monitors, IBrokerProcess broker, TimeSpan sessionTimeout, Action<string> tell, List<string> violations)
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(50);
    private readonly Random _random = new(options.Seed);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Runs the time of the faults; afterwards everything is up.</summary>
    public async Task RunAsync()
    {
        foreach (var monitor in monitors)
            Start(monitor);
        var next = TimeSpan.FromSeconds(3);
        while (_clock.Elapsed < options.Duration)
        {
            await Task.Delay(_tick, TimeProvider.System);
            await LookAfterAsync();
            if (_clock.Elapsed < next)
                continue;
            await StrikeAsync();
            next = _clock.Elapsed + TimeSpan.FromSeconds(0.5 + (_random.NextDouble() * 6));
        }

        foreach (var monitor in monitors)
        {
            if (monitor.ResumeAt is not null)
                await ResumeAsync(monitor);
            if (!monitor.IsUp)
                Start(monitor);
        }

        tell($"no more faults; there were {string.Join(", ", _counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Value} {c.Key}"))}");
    }

    /// <summary>Resumes and starts again whoever is not running.</summary>
    public async Task KeepUpAsync()
    {
        await LookAfterAsync();
        foreach (var monitor in monitors.Where(m => !m.IsUp))
            Start(monitor);
    }

    private async Task LookAfterAsync()
    {
        foreach (var monitor in monitors)
        {
            if (monitor.ResumeAt is { } due && _clock.Elapsed >= due)
                await ResumeAsync(monitor);
            if (monitor.Died is not { } code)
                continue;
            // Whatever happens to a broker, a monitor waits.
            Count("deaths", $"monitor {monitor.Number} died by itself, exit code {code}");
            violations.Add($"monitor {monitor.Number} ended by itself with exit code {code} at {_clock.Elapsed}");
            monitor.Forget();
        }
    }

    private async Task StrikeAsync()
    {
        var monitor = monitors[_random.Next(monitors.Count)];
        var dice = _random.Next(100);
        if (dice < 12)
            await RestartBrokerAsync();
        else if (!monitor.IsUp)
            Start(monitor);
        else if (monitor.ResumeAt is not null)
            await KillAsync(monitor);
        else if (dice < 45)
            await KillAsync(monitor);
        else if (dice < 65)
            await StopAsync(monitor);
        else
            await SuspendAsync(monitor);
    }

    private void Start(Monitor monitor)
    {
        Count("starts", $"start monitor {monitor.Number}");
        monitor.Start();
    }

    private async Task KillAsync(Monitor monitor)
    {
        Count("kills", $"kill -9 monitor {monitor.Number}");
        await monitor.KillAsync();
        if (!options.IsOnDisk || _random.Next(4) > 0)
            return;
        Count("lost disks", $"delete the state of monitor {monitor.Number}");
        monitor.DeleteState();
    }

    private async Task StopAsync(Monitor monitor)
    {
        Count("clean stops", $"stop monitor {monitor.Number}");
        if (await monitor.StopAsync() is { } violation)
            violations.Add(violation);
    }

    private Task SuspendAsync(Monitor monitor)
    {
        var pause = sessionTimeout * (1.2 + _random.NextDouble());
        Count("zombies", $"suspend monitor {monitor.Number} for {pause.TotalSeconds:0.0} s");
        return monitor.SuspendAsync(_clock.Elapsed + pause);
    }

    private Task ResumeAsync(Monitor monitor)
    {
        tell($"resume monitor {monitor.Number}");
        return monitor.ResumeAsync();
    }

    private async Task RestartBrokerAsync()
    {
        Count("broker restarts", "kill -9 the broker");
        await broker.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 3), TimeProvider.System);
        await broker.StartAsync();
        tell("the broker is up again");
    }

    private void Count(string kind, string line)
    {
        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        tell(line);
    }
}
