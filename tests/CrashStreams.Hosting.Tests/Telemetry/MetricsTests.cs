using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CrashStreams.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CrashStreams.Hosting.Tests.Telemetry;

/// <summary>The metrics of an application in a host, and the page that lists them.</summary>
public sealed class MetricsTests : HostTest
{
    private readonly ConcurrentDictionary<Instrument, bool> _instruments = [];
    private readonly ConcurrentDictionary<string, ConcurrentBag<(double Value, Dictionary<string, object?> Tags)>> _seen = [];

    private MeterListener Listen(Func<Instrument, bool> wanted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == StreamsTelemetry.MeterName && wanted(instrument))
                {
                    _instruments[instrument] = true;
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _seen.GetOrAdd(instrument.Name, static _ => []).Add((value, tags.ToArray().ToDictionary()));

    [Fact]
    public async Task Every_metric_is_on_the_page_with_its_kind_unit_tags_and_meaning()
    {
        using var folder = new TemporaryFolder();
        using var listener = Listen(static _ => true);
        await Broker.AppendAsync("visits", 0, (null, "x"u8.ToArray()));
        await VisitAsync("ann");
        var builder = NewHost();
        builder.Services.AddCrashStreams("metrics-page", app => app
            .UseKafka(kafka => (kafka.BootstrapServers, kafka.StatisticsInterval) = (Broker.BootstrapServers, TimeSpan.FromMilliseconds(100)))
            .UseState(_ => new RocksDbState(new RocksDbOptions { Directory = folder.Path }))
            .UseTopology((streams, _) => streams.Stream<string, string>("visits").GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromHours(1), TimeSpan.Zero)).Count("visits-per-hour").ToStream().Map((user, count) => (user.Key, $"{count}")).To("counts")));
        using var host = builder.Build();

        await host.StartAsync();
        await ResultsAsync("counts", 1);
        await UntilAsync(() =>
        {
            listener.RecordObservableInstruments();
            return Task.FromResult(_seen.ContainsKey("crashstreams.librdkafka.broker.rtt.avg") && _seen.ContainsKey("crashstreams.windows.oldest_open.age") && _seen.ContainsKey("crashstreams.commit.duration"));
        });
        await host.StopAsync();

        var page = File.ReadAllText(MetricsPage.File);
        var tags = _seen.ToDictionary(static seen => seen.Key, static seen => seen.Value.SelectMany(static measured => measured.Tags.Keys).ToHashSet());
        var wanted = MetricsPage.With(page, _instruments.Keys, tags);
        if (Environment.GetEnvironmentVariable("CRASHSTREAMS_WRITE_DOCS") == "1")
            File.WriteAllText(MetricsPage.File, page = wanted);
        page.Should().Be(wanted, "./build.sh docs writes the page");
    }

    [Fact]
    public async Task The_meter_is_the_hosts_and_says_what_its_applications_do()
    {
        await VisitAsync("ann");
        var builder = NewHost();
        builder.Services.AddMetrics();
        builder.Services.AddCrashStreams("mine", app => app.UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers).UseTopology(CountVisits));
        using var host = builder.Build();
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = Listen(instrument => instrument.Meter.Scope == factory);

        await host.StartAsync();
        await ResultsAsync("counts", 1);
        await UntilAsync(() =>
        {
            _seen.Clear();
            listener.RecordObservableInstruments();
            return Task.FromResult(_seen["crashstreams.application.status"].Any(static m => Equals(m.Tags["activity"], "Running")) && _seen.TryGetValue("crashstreams.consumer.lag", out var lags) && lags.Any(static m => m.Value == 0));
        });

        _seen["crashstreams.records.processed"].Should().Contain(static m => m.Value == 1 && Equals(m.Tags["topic"], "visits") && Equals(m.Tags["application"], "mine"));
        host.Services.GetRequiredService<StreamsApplication>().Lag.Should().Be(0);
        await host.StopAsync();
    }
}
