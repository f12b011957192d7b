using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Running;

/// <summary>What a running application costs and how far it is: read from the library's meter and from the process. Stream threads measure, the console reads.</summary>
internal sealed class RunMetrics : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly DroppedRecords _dropped = new();
    private readonly Rate _rate = new(TimeProvider.System);
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Process _process = Process.GetCurrentProcess();
    private long _lagMs = long.MinValue;
    private long _stateBytes;
    private long _counted;
    private long _ofEnded;
    private (long Count, double SumMs, double MaxMs) _commits;
    private (long Timestamp, TimeSpan Cpu) _last;

    public RunMetrics()
    {
        _last = (_time.GetTimestamp(), _process.TotalProcessorTime);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsTelemetry.MeterName && instrument.Name is "crashstreams.watermark.lag" or "crashstreams.commit.duration" or "crashstreams.cache.size" or "crashstreams.records.processed")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Read(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => AddCommit(1000 * seconds));
        _listener.Start();
    }

    public IReadOnlyDictionary<string, long> Dropped => _dropped.ByReason;

    /// <summary>Events that were read from the inputs so far.</summary>
    public long Events
    {
        get
        {
            Observe();
            return _ofEnded + _counted;
        }
    }

    /// <summary>One line of what has happened since the last.</summary>
    public string Line()
    {
        _process.Refresh();
        var events = Events;
        var (timestamp, cpu) = (_time.GetTimestamp(), _process.TotalProcessorTime);
        var share = (cpu - _last.Cpu) / _time.GetElapsedTime(_last.Timestamp, timestamp) / Environment.ProcessorCount;
        _last = (timestamp, cpu);
        (long Count, double SumMs, double MaxMs) commits;
        lock (_lock)
            (commits, _commits) = (_commits, default);

        var line = string.Create(CultureInfo.InvariantCulture, $"{_rate.PerSecond(events):N0} events/s, {events:N0} in all");
        if (_lagMs != long.MinValue)
            line += string.Create(CultureInfo.InvariantCulture, $"; event time {TimeSpan.FromMilliseconds(_lagMs):d\\.hh\\:mm\\:ss} behind the clock");
        if (commits.Count > 0)
            line += string.Create(CultureInfo.InvariantCulture, $"; {commits.Count} commits of {commits.SumMs / commits.Count:F0} ms (at most {commits.MaxMs:F0})");
        line += string.Create(CultureInfo.InvariantCulture, $"; state {_stateBytes / 1_000_000.0:F1} MB; CPU {100 * share:F0} %, memory {_process.WorkingSet64 / 1_000_000:N0} MB");
        return Dropped.Count == 0 ? line : $"{line}; dropped: {DroppedText}";
    }

    public string DroppedText => string.Join(
        ", ", Dropped.OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Value:N0} {reason.Key}")));

    public void Dispose()
    {
        _listener.Dispose();
        _dropped.Dispose();
        _process.Dispose();
    }

    private void Observe()
    {
        var before = _counted;
        (_lagMs, _stateBytes, _counted) = (long.MinValue, 0, 0);
        _listener.RecordObservableInstruments();
        // An application that is started again counts from zero; what the one before it has read was read all the same.
        _ofEnded += Math.Max(0, before - _counted);
    }

    private void Read(string instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (instrument)
        {
            case "crashstreams.cache.size":
                _stateBytes += value;
                break;
            case "crashstreams.watermark.lag":
                _lagMs = Math.Max(_lagMs, value);
                break;
            default:
                // What the application has shuffled was an event before.
                foreach (var (tag, topic) in tags)
                    _counted += tag == "topic" && !$"{topic}".EndsWith("-repartition", StringComparison.Ordinal) ? value : 0;
                break;
        }
    }

    private void AddCommit(double milliseconds)
    {
        lock (_lock)
            _commits = (_commits.Count + 1, _commits.SumMs + milliseconds, Math.Max(_commits.MaxMs, milliseconds));
    }
}
