using System.Diagnostics.Metrics;
using CrashStreams.CrashMonitor;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>How far event time has come in this instance: read from the library's gauges, whenever somebody asks. They count in milliseconds behind the wall clock.</summary>
internal sealed class EventTimeReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly CrashMonitorOptions _options;
    private readonly TimeProvider _time;
    private readonly List<long> _inputLags = [];
    private readonly List<long> _repartitionLags = [];
    private readonly List<long> _oldestAges = [];

    public EventTimeReader(CrashMonitorOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsTelemetry.MeterName && instrument.Name is "crashstreams.watermark.lag" or "crashstreams.windows.oldest_open.age")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, milliseconds, tags, _) => Add(instrument.Name, milliseconds, tags));
        _listener.Start();
    }

    /// <summary>Up to when the slowest partition has been read, and how many windows wait to be closed; null where this instance has nothing to say.</summary>
    public (DateTimeOffset? Watermark, long? OpenWindows) Read()
    {
        _inputLags.Clear();
        _repartitionLags.Clear();
        _oldestAges.Clear();
        _listener.RecordObservableInstruments();

        var now = _time.GetUtcNow();
        // Windows close by what the writers of the repartition topic have seen; an instance without a task of that kind knows its own inputs only.
        var lags = _repartitionLags.Count > 0 ? _repartitionLags : _inputLags;
        if (lags.Count == 0)
            return (null, null);
        var furthest = lags.Concat(_inputLags).Min();
        long? open = _oldestAges.Count == 0 ? 0 : ((_oldestAges.Max() - furthest) / (long)_options.Window.TotalMilliseconds) + 1;
        return (now - TimeSpan.FromMilliseconds(lags.Max()), _repartitionLags.Count > 0 ? Math.Max(0, open.Value) : null);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(string instrument, long milliseconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var topic = "";
        foreach (var (tag, value) in tags)
        {
            if (tag == "application" && value as string != _options.ApplicationId)
                return;
            if (tag == "topic")
                topic = value as string;
        }

        var readings = instrument == "crashstreams.windows.oldest_open.age" ? _oldestAges : topic == _options.InputTopic ? _inputLags : _repartitionLags;
        readings.Add(milliseconds);
    }
}
