using CrashStreams.Log;

namespace CrashStreams;

/// <summary>Where the bytes that a bound serde reads or writes belong: see <see cref="Serde{T}.Bind"/>. It changes from record to record; a bound serde looks when it is called.</summary>
public sealed class SerdeContext
{
    internal SerdeContext(string topic, bool isKey) => (Topic, IsKey) = (topic, isKey);

    /// <summary>The topic that is read or written. For a store its changelog, or its name when it has none.</summary>
    public string Topic { get; internal set; }

    /// <summary>Whether it is about keys; otherwise about values.</summary>
    public bool IsKey { get; }

    /// <summary>Headers of the record: those that it was read with, or those that are written with it, to which a serde may add. Null in stores, which keep none.</summary>
    public Headers? Headers { get; internal set; }
}
