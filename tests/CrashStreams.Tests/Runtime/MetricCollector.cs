using System.Diagnostics.Metrics;

namespace CrashStreams.Tests.Runtime;

/// <summary>Collects what is tagged with one application; the counter of drops, which has no such tag, from this thread alone.</summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(string Instrument, long Value, Dictionary<string, object?> Tags)> _read = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public MetricCollector(string application)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsMetrics.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value);
            if (Environment.CurrentManagedThreadId != _thread)
                return;
            if (instrument.Name == "crashstreams.records.dropped")
                Dropped[$"{all["reason"]} {all["node"]} {all["topic"]}"] = Dropped.GetValueOrDefault($"{all["reason"]} {all["node"]} {all["topic"]}") + value;
            else if (Equals(all.GetValueOrDefault("application"), application))
                _read.Add((instrument.Name, value, all));
        });
        _listener.Start();
    }

    public Dictionary<string, long> Dropped { get; } = [];

    public Dictionary<string, long> Read(string instrument, params string[] tags)
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        return _read.Where(r => r.Instrument == instrument).ToDictionary(r => string.Join(' ', tags.Select(t => r.Tags[t])), r => r.Value);
    }

    public void Dispose() => _listener.Dispose();
}
