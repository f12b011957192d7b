using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;

namespace CrashStreams.Kafka;

/// <summary>
/// What librdkafka says of its clients every <see cref="KafkaOptions.StatisticsInterval"/>, as metrics. See librdkafka's STATISTICS.md for the fields. Clients that have ended are forgotten.
/// </summary>
internal sealed class ClientStatistics
{
    private const double MicrosPerSecond = 1e6;

    // Clients report from within their polls, collectors read.
    private readonly ConcurrentDictionary<string, ClientReport> _reports = [];

    public ClientStatistics(IMeterFactory? factory)
    {
        var meter = factory?.Create(StreamsTelemetry.MeterName) ?? new Meter(StreamsTelemetry.MeterName);
        meter.CreateObservableGauge("crashstreams.librdkafka.queue.messages", () => PerClient(static c => c.QueuedMessages), "{message}", "Records that a producer holds until they are acknowledged.");
        meter.CreateObservableGauge("crashstreams.librdkafka.queue.size", () => PerClient(static c => c.QueuedBytes), "By", "Bytes of records that a producer holds until they are acknowledged.");
        meter.CreateObservableGauge("crashstreams.librdkafka.fetched.messages", () => PerClient(static c => c.FetchedMessages), "{message}", "Records that a consumer has fetched ahead of its polls, where librdkafka fetches.");
        meter.CreateObservableGauge("crashstreams.librdkafka.fetched.size", () => PerClient(static c => c.FetchedBytes), "By", "Bytes of records that a consumer has fetched ahead of its polls, where librdkafka fetches.");
        meter.CreateObservableGauge("crashstreams.librdkafka.broker.rtt.avg", () => PerBroker(static b => b.RttAvgMicros / MicrosPerSecond), "s", "Round trip of requests to a broker in the last interval, mean.");
        meter.CreateObservableGauge("crashstreams.librdkafka.broker.rtt.p99", () => PerBroker(static b => b.RttP99Micros / MicrosPerSecond), "s", "Round trip of requests to a broker in the last interval, 99th percentile.");
        meter.CreateObservableGauge("crashstreams.librdkafka.broker.waiting", () => PerBroker(static b => b.Waiting), "{request}", "Requests that wait to be sent to a broker, or for its answer.");
        meter.CreateObservableCounter("crashstreams.librdkafka.broker.sent", () => PerBroker(static b => b.SentBytes), "By", "Bytes sent to a broker.");
        meter.CreateObservableCounter("crashstreams.librdkafka.broker.received", () => PerBroker(static b => b.ReceivedBytes), "By", "Bytes received from a broker.");
        meter.CreateObservableCounter("crashstreams.librdkafka.broker.errors", () => PerBroker(static b => b.Errors), "{error}", "Requests to a broker that failed or were not answered in time.");
    }

    /// <summary>Takes a client's report.</summary>
    /// <param name="client">Its id.</param>
    /// <param name="json">librdkafka's text.</param>
    public void Report(string client, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        _reports[client] = ClientReport.Of(document.RootElement);
    }

    /// <summary>The client has ended.</summary>
    public void Forget(string client) => _reports.TryRemove(client, out _);

    private IEnumerable<Measurement<long>> PerClient(Func<ClientReport, long> value) => _reports.Select(report => new Measurement<long>(value(report.Value), new KeyValuePair<string, object?>("client", report.Key)));

    private IEnumerable<Measurement<T>> PerBroker<T>(Func<BrokerReport, T> value)
        where T : struct =>
        from report in _reports
        from broker in report.Value.Brokers
        select new Measurement<T>(value(broker), new("client", report.Key), new("broker", broker.Name));
}
