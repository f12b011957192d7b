using System.Diagnostics.Metrics;
using CrashStreams;
using CrashStreams.Hosting;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Stores;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds stream-processing applications to a host.</summary>
public static class CrashStreamsServiceCollectionExtensions
{
    /// <summary>
    /// Adds an application that starts and stops with the host. While its Kafka does not answer it waits, and the rest of the host runs. The running <see cref="StreamsApplication"/> is a
    /// keyed service under its name; where a host has one application only, it is a service without a key as well.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Names the application in this host, its options and, unless they say otherwise, its consumer group: the application id.</param>
    /// <param name="configure">Says what it runs and how.</param>
    /// <exception cref="ArgumentException">The host has an application of this name, or the application has no topology.</exception>
    public static IServiceCollection AddCrashStreams(this IServiceCollection services, string name, Action<StreamsApplicationBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => !service.IsKeyedService && service.ImplementationInstance is ApplicationName other && other.Name == name))
            throw new ArgumentException($"The host has an application '{name}' already: give each one a name of its own.", nameof(name));
        services.AddSingleton(new ApplicationName(name));

        services.AddOptions<StreamsOptions>(name).Configure(options => options.ApplicationId = name).ValidateOnStart();
        services.AddOptions<KafkaOptions>(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StreamsOptions>, StreamsOptionsValidation>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KafkaOptions>, KafkaOptionsValidation>());
        services.AddKeyedSingleton<ApplicationWatch>(name);

        var builder = new StreamsApplicationBuilder(services, name);
        configure(builder);
        if (!services.Any(service => service.IsKeyedService && service.ServiceType == typeof(Topology) && name.Equals(service.ServiceKey)))
            throw new ArgumentException($"The application '{name}' has no topology: call {nameof(StreamsApplicationBuilder.UseTopology)}.", nameof(configure));
        if (!services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ILogClients) && name.Equals(service.ServiceKey)))
            builder.UseKafka();

        services.AddKeyedSingleton(name, (provider, _) => Create(provider, name));
        services.TryAddSingleton(Single);
        // Not AddHostedService: it takes the second application for a repetition of the first.
        services.AddSingleton<IHostedService>(provider => new HostedApplication(name, provider, provider.GetRequiredService<ILogger<HostedApplication>>()));
        return services;
    }

    private static StreamsApplication Create(IServiceProvider provider, string name)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<StreamsOptions>>().Get(name);
        if (provider.GetKeyedService<IStateStorage>(name) is { } state)
            options = options with { State = options.State with { Storage = state } };
        return new(
            provider.GetRequiredKeyedService<Topology>(name), options, provider.GetRequiredKeyedService<ILogClients>(name), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>(),
            provider.GetService<IMeterFactory>());
    }

    private static StreamsApplication Single(IServiceProvider provider) => provider.GetServices<ApplicationName>().ToList() switch
    {
        [var only] => provider.GetRequiredKeyedService<StreamsApplication>(only.Name),
        var several => throw new InvalidOperationException(
            $"The host has {several.Count} applications ({string.Join(", ", several.Select(application => application.Name))}): ask for one of them by its name, for example "
            + $"[FromKeyedServices(\"{several[0].Name}\")] {nameof(StreamsApplication)}."),
    };
}
