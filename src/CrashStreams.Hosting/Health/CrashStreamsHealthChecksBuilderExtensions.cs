using CrashStreams;
using CrashStreams.Hosting;
using CrashStreams.Hosting.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of stream-processing applications.</summary>
public static class CrashStreamsHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds two checks of an application: <c>NAME-live</c>, tagged <c>live</c>, fails when only a restart helps; <c>NAME-ready</c>, tagged <c>ready</c>, is unhealthy until the application
    /// runs, and degraded while something interrupts it. Their descriptions say what it does, and why it does not run.
    /// </summary>
    /// <param name="checks">The host's checks.</param>
    /// <param name="name">The application's name in this host.</param>
    /// <param name="maxLag">
    /// The ready check is degraded while the tasks of this instance are more records behind the ends of their inputs (<see cref="StreamsApplication.Lag"/>), as after an outage; null (default): there is no limit.
    /// </param>
    public static IHealthChecksBuilder AddCrashStreams(this IHealthChecksBuilder checks, string name, long? maxLag = null) => checks
        .Add(new($"{name}-live", services => new LiveCheck(Application(services, name)), failureStatus: null, ["live"]))
        .Add(new($"{name}-ready", services => new ReadyCheck(Application(services, name), services.GetRequiredKeyedService<ApplicationWatch>(name), maxLag), failureStatus: null, ["ready"]));

    private static StreamsApplication Application(IServiceProvider services, string name) =>
        services.GetKeyedService<StreamsApplication>(name) ?? throw new InvalidOperationException($"The host has no application '{name}': add it with AddCrashStreams(\"{name}\", ...).");
}
