using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>A source topic of a test driver, with types.</summary>
public sealed class TestInputTopic<TKey, TValue>
{
    private readonly TopologyTestDriver _driver;
    private readonly string _topic;
    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;

    internal TestInputTopic(TopologyTestDriver driver, string topic, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    {
        _driver = driver;
        _topic = topic;
        _keySerde = TestBytes.SerdeOf(keySerde, topic, isKey: true);
        _valueSerde = TestBytes.SerdeOf(valueSerde, topic, isKey: false);
    }

    /// <summary>Writes a record and processes it to its end. A null key or value has no bytes.</summary>
    public void Pipe(TKey key, TValue value, long timestamp, Headers? headers = null, int? partition = null) =>
        _driver.Pipe(_topic, TestBytes.Of(_keySerde, key), TestBytes.Of(_valueSerde, value), timestamp, headers, partition);
}

/// <summary>A result topic of a test driver, with types.</summary>
public sealed class TestOutputTopic<TKey, TValue>
{
    private readonly TopologyTestDriver _driver;
    private readonly string _topic;
    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;

    internal TestOutputTopic(TopologyTestDriver driver, string topic, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    {
        _driver = driver;
        _topic = topic;
        _keySerde = TestBytes.SerdeOf(keySerde, topic, isKey: true);
        _valueSerde = TestBytes.SerdeOf(valueSerde, topic, isKey: false);
    }

    /// <summary>The records that were not read yet.</summary>
    /// <exception cref="SerdeException">A record has another type; the message says which record.</exception>
    public IReadOnlyList<Record<TKey, TValue>> Read() => _driver.Read(_topic).Select(r => new Record<TKey, TValue>(
        Deserialize(_keySerde, r.Key, "key", r), r.Key is not null, Deserialize(_valueSerde, r.Value, "value", r), r.Value is not null, r.Timestamp, r.Headers)).ToList();

    private T Deserialize<T>(Serde<T> serde, byte[]? bytes, string what, RawRecord record)
    {
        if (bytes is null)
            return default!;
        return serde.TryDeserialize(bytes, out var value, out var fault)
            ? value
            : throw new SerdeException($"The {what} of '{_topic}', partition {record.Partition}, offset {record.Offset}, is no {TypeText.Of(typeof(T))} ({fault}): ask the driver for Output with the types and serdes that the topology writes.");
    }
}

/// <summary>Values to bytes.</summary>
internal static class TestBytes
{
    public static Serde<T> SerdeOf<T>(Serde<T>? given, string topic, bool isKey) =>
        (given ?? Serdes.Find<T>() ?? throw new ArgumentNullException(isKey ? "keySerde" : "valueSerde", $"No serde is known for {typeof(T)}: pass one.")).Bind(new(topic, isKey));

    public static byte[]? Of<T>(Serde<T> serde, T value)
    {
        if (value is null)
            return null;
        var buffer = new ByteBuffer();
        serde.Serialize(value, buffer);
        return buffer.Written.ToArray();
    }
}
