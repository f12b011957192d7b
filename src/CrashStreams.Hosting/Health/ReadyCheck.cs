using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrashStreams.Hosting.Health;

/// <summary>Whether an application does its work, and keeps up with it. One that has run before and is interrupted (its broker is away, its tasks move) is degraded: it may still answer questions about its stores.</summary>
internal sealed class ReadyCheck(StreamsApplication application, ApplicationWatch watch, long? maxLag) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = watch.Look(application);
        var data = application.Lag is { } lag ? new Dictionary<string, object> { ["lag"] = lag } : null;
        return Task.FromResult(status.Activity switch
        {
            ApplicationActivity.Running when application.Lag > maxLag => HealthCheckResult.Degraded($"{status}: {application.Lag:N0} records behind, and the limit is {maxLag:N0}", data: data),
            ApplicationActivity.Running => HealthCheckResult.Healthy($"{status}", data),
            ApplicationActivity.Stopping or ApplicationActivity.Stopped or ApplicationActivity.Failed => new(context.Registration.FailureStatus, $"{status}"),
            _ when watch.HasRun => HealthCheckResult.Degraded($"{status}"),
            _ => new(context.Registration.FailureStatus, $"{status}"),
        });
    }
}
