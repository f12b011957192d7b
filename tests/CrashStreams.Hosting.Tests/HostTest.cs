using System.Text;
using CrashStreams.Broker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CrashStreams.Hosting.Tests;

/// <summary>Hosts with applications on an embedded broker that has a topic of visits and one of counts.</summary>
public abstract class HostTest : IAsyncLifetime
{
    internal EmbeddedBroker Broker { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Broker = await EmbeddedBroker.StartAsync();
        await Broker.CreateTopicAsync("visits");
        await Broker.CreateTopicAsync("counts");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Broker.DisposeAsync();
    }

    internal static void CountVisits(StreamsBuilder streams, IServiceProvider services) =>
        streams.Stream<string, string>("visits").GroupByKey().Count("visits-per-user").ToStream().To("counts");

    internal static HostApplicationBuilder NewHost(params (string Key, string? Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => setting.Value));
        builder.Services.AddLogging();
        return builder;
    }

    internal Task VisitAsync(string user) => Broker.AppendAsync("visits", 0, (Encoding.UTF8.GetBytes(user), "/"u8.ToArray()));

    internal Task ResultsAsync(string topic, int count) =>
        Broker.WaitUntilAsync(async broker => await broker.EndOffsetAsync(topic, 0) >= count, TimeSpan.FromMinutes(1));

    /// <summary>Waits until a condition holds; it has a minute.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
            await ticks.WaitForNextTickAsync(patience.Token);
    }
}
