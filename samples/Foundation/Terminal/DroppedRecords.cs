using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CrashStreams.Samples.Terminal;

/// <summary>Listens to the library's metric of records that were not processed, by reason. Stream threads count, the console reads.</summary>
internal sealed class DroppedRecords : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _byReason = new();
    private readonly MeterListener _listener = new();

    public DroppedRecords()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsTelemetry.MeterName && instrument.Name == "crashstreams.records.dropped")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var (tag, value) in tags)
            {
                if (tag == "reason")
                    _byReason.AddOrUpdate($"{value}", count, (_, sum) => sum + count);
            }
        });
        _listener.Start();
    }

    /// <summary>The counts as of now.</summary>
    public IReadOnlyDictionary<string, long> ByReason => new Dictionary<string, long>(_byReason);

    public void Dispose() => _listener.Dispose();
}
