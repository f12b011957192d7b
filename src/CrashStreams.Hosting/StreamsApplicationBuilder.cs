using System.Diagnostics.Metrics;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Stores;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting;

/// <summary>Says what an application of a host runs, and how. Options are the sum of what is called here, in this order; they are checked when the host starts.</summary>
public sealed class StreamsApplicationBuilder
{
    internal StreamsApplicationBuilder(IServiceCollection services, string name) => (Services, Name) = (services, name);

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The application's name in this host.</summary>
    public string Name { get; }

    /// <summary>Builds the topology when the host starts. Serdes and processors may come from the services: a processor belongs to one task, so register it as transient.</summary>
    /// <param name="build">Writes the topology.</param>
    public StreamsApplicationBuilder UseTopology(Action<StreamsBuilder, IServiceProvider> build) => UseTopology(services =>
    {
        var streams = new StreamsBuilder();
        build(streams, services);
        return streams.Build();
    });

    /// <summary>Builds the topology when the host starts.</summary>
    /// <param name="build">Makes it.</param>
    public StreamsApplicationBuilder UseTopology(Func<Topology> build) => UseTopology(_ => build());

    /// <summary>Builds the topology when the host starts.</summary>
    /// <param name="build">Makes it, with what it needs from the services.</param>
    public StreamsApplicationBuilder UseTopology(Func<IServiceProvider, Topology> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        Services.AddKeyedSingleton(Name, (services, _) => Given(build(services), nameof(UseTopology)));
        return this;
    }

    /// <summary>Takes options from a section of the host's configuration: those of <see cref="StreamsOptions"/> from the section itself, those of <see cref="KafkaOptions"/> from its part <c>Kafka</c>.</summary>
    /// <remarks>A setting that there is not, a misspelled one for instance, is an error when the host starts.</remarks>
    /// <param name="section">The section's path, for example <c>CrashStreams:visit-counts</c>.</param>
    public StreamsApplicationBuilder BindConfiguration(string section)
    {
        Services.AddOptions<StreamsOptions>(Name).BindConfiguration(section);
        Services.AddOptions<KafkaOptions>(Name).BindConfiguration($"{section}:Kafka");
        Services.AddSingleton<IValidateOptions<StreamsOptions>>(provider => new ConfigurationKeys(Name, section, provider.GetRequiredService<IConfiguration>()));
        Services.AddSingleton<IValidateOptions<KafkaOptions>>(provider => new ConfigurationSection(Name, section, provider.GetRequiredService<IConfiguration>()));
        return this;
    }

    /// <summary>Sets options in code.</summary>
    public StreamsApplicationBuilder Configure(Action<StreamsOptions> configure)
    {
        Services.AddOptions<StreamsOptions>(Name).Configure(configure);
        return this;
    }

    /// <summary>Sets options in code, with what that needs from the services.</summary>
    public StreamsApplicationBuilder Configure(Action<StreamsOptions, IServiceProvider> configure)
    {
        Services.AddOptions<StreamsOptions>(Name).Configure(configure);
        return this;
    }

    /// <summary>Runs on Apache Kafka, which is the default, and sets how it is reached.</summary>
    public StreamsApplicationBuilder UseKafka(Action<KafkaOptions>? configure = null)
    {
        var options = Services.AddOptions<KafkaOptions>(Name).ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        return UseClients(services => new KafkaLogClients(services.GetRequiredService<IOptionsMonitor<KafkaOptions>>().Get(Name), services.GetService<ILogger<KafkaLogClients>>(), services.GetService<IMeterFactory>()));
    }

    /// <summary>Runs on another log.</summary>
    public StreamsApplicationBuilder UseClients(Func<IServiceProvider, ILogClients> clients)
    {
        ArgumentNullException.ThrowIfNull(clients);
        Services.AddKeyedSingleton(Name, (services, _) => Given(clients(services), nameof(UseClients)));
        return this;
    }

    /// <summary>Keeps the application's state in this storage, for example <c>RocksDbState</c>. The host disposes of it after the application.</summary>
    public StreamsApplicationBuilder UseState(Func<IServiceProvider, IStateStorage> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Services.AddKeyedSingleton(Name, (services, _) => Given(state(services), nameof(UseState)));
        return this;
    }

    /// <summary>Calls back when what the application is doing changes, from a thread of the pool; it is looked at twice a second.</summary>
    /// <param name="changed">Gets the new status.</param>
    public StreamsApplicationBuilder OnStatusChanged(Action<ApplicationStatus, IServiceProvider> changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        Services.AddKeyedSingleton(Name, changed);
        return this;
    }

    // A container takes null for a service that nobody has registered: state would be in memory without a word.
    private T Given<T>(T? made, string method)
        where T : class => made ?? throw new InvalidOperationException($"Application '{Name}': the function that {method} got returned null.");
}
