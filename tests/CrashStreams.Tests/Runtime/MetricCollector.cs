using System.Diagnostics.Metrics;

namespace CrashStreams.Tests.Runtime;

/// <summary>Collects what is tagged with one application; polls, which are tagged with their group, as well.</summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _application;
    private readonly List<(string Instrument, double Value, Dictionary<string, object?> Tags)> _read = [];
    private readonly List<(string Instrument, double Value, Dictionary<string, object?> Tags)> _counted = [];

    public MetricCollector(string application)
    {
        _application = application;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsTelemetry.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public Dictionary<string, long> Dropped => Counted("crashstreams.records.dropped", "reason", "node", "topic");

    /// <summary>What histograms were told: seconds, and the topic where there is one.</summary>
    public IEnumerable<(string Instrument, string Topic, double Seconds)> Durations => _counted.Select(m => (m.Instrument, $"{m.Tags.GetValueOrDefault("topic")}", m.Value));

    /// <summary>What gauges and observed counters say now.</summary>
    public Dictionary<string, long> Read(string instrument, params string[] tags) => ReadSeconds(instrument, tags).ToDictionary(r => r.Key, r => (long)r.Value);

    public Dictionary<string, double> ReadSeconds(string instrument, params string[] tags)
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        return _read.Where(r => r.Instrument == instrument).ToDictionary(r => Key(r.Tags, tags), r => r.Value);
    }

    /// <summary>What counters have been told since the beginning.</summary>
    public Dictionary<string, long> Counted(string instrument, params string[] tags) =>
        _counted.Where(r => r.Instrument == instrument).GroupBy(r => Key(r.Tags, tags)).ToDictionary(g => g.Key, g => (long)g.Sum(r => r.Value));

    public void Dispose() => _listener.Dispose();

    private static string Key(Dictionary<string, object?> all, string[] tags) => string.Join(' ', tags.Select(t => all[t]));

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value);
        if (Equals(all.GetValueOrDefault("application") ?? all.GetValueOrDefault("messaging.consumer.group.name"), _application))
            (instrument.IsObservable ? _read : _counted).Add((instrument.Name, value, all));
    }
}
