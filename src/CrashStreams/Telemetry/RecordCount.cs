namespace CrashStreams.Telemetry;

/// <summary>
/// What was read from a partition, or written to a topic by a thread. One stream thread adds, which costs a record a few nanoseconds; collectors of metrics read single words, which
/// may be a record old.
/// </summary>
internal sealed class RecordCount
{
    private long _records;
    private long _bytes;
    private long _markers;

    public long Records => Volatile.Read(ref _records);

    /// <summary>Bytes of keys and values.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Markers of event time, which are records of repartition topics too.</summary>
    public long Markers => Volatile.Read(ref _markers);

    public void Add(int bytes)
    {
        _records++;
        _bytes += bytes;
    }

    public void AddMarker() => _markers++;
}
