using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Hosting;

/// <summary>
/// An application that lives as long as its host. Its topology and options are checked before the host has started; it connects and runs beside the host. When it fails the host
/// stops, unless its <c>HostOptions.BackgroundServiceExceptionBehavior</c> says otherwise.
/// </summary>
internal sealed partial class HostedApplication(string name, IServiceProvider services, ILogger<HostedApplication> logger) : BackgroundService
{
    private static readonly TimeSpan _lookInterval = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = services.GetService<TimeProvider>() ?? TimeProvider.System;
    private readonly ApplicationWatch _watch = services.GetRequiredKeyedService<ApplicationWatch>(name);
    private StreamsApplication? _application;

    // Asked for once: a host that is disposed without being stopped has no services any more when the application tells that it ends.
    private List<Action<ApplicationStatus, IServiceProvider>> _changed = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _application = services.GetRequiredKeyedService<StreamsApplication>(name);
        _changed = [.. services.GetKeyedServices<Action<ApplicationStatus, IServiceProvider>>(name)];
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Commits and leaves the group, within the host's deadline.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_application is not null)
                await _application.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogDeadline(name);
        }
        catch (Exception) when (_application?.State == ApplicationState.Failed)
        {
            // ExecuteAsync has told the host.
        }

        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var application = _application!;
        var running = RunAsync(application, stoppingToken);
        var last = new ApplicationStatus(ApplicationActivity.Created);
        using var ticks = new PeriodicTimer(_lookInterval, _time);
        do
        {
            var status = _watch.Look(application);
            if (status != last)
                Changed(last = status);
        }
        while (!running.IsCompleted && await NextAsync(ticks, running).ConfigureAwait(false));

        if (_watch.Look(application) is var end && end != last)
            Changed(end);
        await running.ConfigureAwait(false);
    }

    private static async Task RunAsync(StreamsApplication application, CancellationToken stopping)
    {
        await application.StartAsync(stopping).ConfigureAwait(false);
        await application.Completion.ConfigureAwait(false);
    }

    private static async Task<bool> NextAsync(PeriodicTimer ticks, Task running)
    {
        await Task.WhenAny(ticks.WaitForNextTickAsync().AsTask(), running).ConfigureAwait(false);
        return !running.IsCompleted;
    }

    private void Changed(ApplicationStatus status)
    {
        if (status.Activity is ApplicationActivity.Connecting or ApplicationActivity.Blocked)
            LogHindered(name, status);
        else
            LogStatus(name, status);
        foreach (var changed in _changed)
            changed(status, services);
    }

    [LoggerMessage(1, LogLevel.Information, "Application {Application}: {Status}")]
    private partial void LogStatus(string application, ApplicationStatus status);

    [LoggerMessage(2, LogLevel.Warning, "Application {Application}: {Status}")]
    private partial void LogHindered(string application, ApplicationStatus status);

    [LoggerMessage(3, LogLevel.Warning, "Application {Application} did not stop before the host's deadline. What it had not committed is processed again at the next start.")]
    private partial void LogDeadline(string application);
}
