using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrashStreams.Hosting.Health;

/// <summary>Whether an application does its work. One that has run before and is interrupted (its broker is away, its tasks move) is degraded: it may still answer questions about its stores.</summary>
internal sealed class ReadyCheck(StreamsApplication application, ApplicationWatch watch) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = watch.Look(application);
        return Task.FromResult(status.Activity switch
        {
            ApplicationActivity.Running => HealthCheckResult.Healthy($"{status}"),
            ApplicationActivity.Stopping or ApplicationActivity.Stopped or ApplicationActivity.Failed => new(context.Registration.FailureStatus, $"{status}"),
            _ when watch.HasRun => HealthCheckResult.Degraded($"{status}"),
            _ => new(context.Registration.FailureStatus, $"{status}"),
        });
    }
}
