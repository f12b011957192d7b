using CrashStreams.Log;

namespace CrashStreams.Faults;

/// <summary>The way out of a task: results, and records that go to a side topic. Written records become visible with the next commit.</summary>
internal interface IRecordWriter
{
    /// <summary>Serializes a record and writes it to the partition of its key.</summary>
    void Send<TKey, TValue>(string topic, Serde<TKey> keySerde, Serde<TValue> valueSerde, in Record<TKey, TValue> record, Headers? headers);

    /// <summary>Writes a record's bytes to the partition of its key.</summary>
    void SendBytes(string topic, bool hasKey, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value, long timestamp, Headers? headers);
}
