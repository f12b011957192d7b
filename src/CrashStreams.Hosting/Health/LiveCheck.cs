using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrashStreams.Hosting.Health;

/// <summary>Whether an application can go on by itself: a broker that is away comes back, a fault that has ended the application does not.</summary>
internal sealed class LiveCheck(StreamsApplication application) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = application.Status;
        return Task.FromResult(status.Activity is ApplicationActivity.Failed
            ? new HealthCheckResult(context.Registration.FailureStatus, $"{status}")
            : HealthCheckResult.Healthy($"{status}"));
    }
}
