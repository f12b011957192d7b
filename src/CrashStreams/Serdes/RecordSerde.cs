using CrashStreams.Log;

namespace CrashStreams;

/// <summary>A serde of a source or a sink, with the context that changes from record to record. Serdes that ask for none cost nothing.</summary>
internal sealed class RecordSerde<T>
{
    private readonly SerdeContext _context;

    public RecordSerde(Serde<T> serde, bool isKey)
    {
        _context = new("", isKey);
        Bound = serde.Bind(_context);
        AsksForContext = Bound != serde;
    }

    public Serde<T> Bound { get; }

    public bool AsksForContext { get; }

    /// <summary>What is read or written next.</summary>
    public void At(string topic, Headers? headers)
    {
        if (AsksForContext)
            (_context.Topic, _context.Headers) = (topic, headers);
    }
}
