using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Records of a topic with types.</summary>
internal static class TopicSerde
{
    public static Serde<T> Of<T>(Serde<T>? given, string topic, bool isKey) =>
        (given ?? Serdes.Find<T>() ?? throw new ArgumentException($"There is no serde for {typeof(T)}: pass one.", isKey ? "keySerde" : "valueSerde")).Bind(new(topic, isKey));

    public static byte[] Write<T>(Serde<T> serde, T value)
    {
        var buffer = new ByteBuffer();
        serde.Serialize(value, buffer);
        return buffer.Written.ToArray();
    }

    /// <exception cref="TimeoutException">Less came.</exception>
    public static IReadOnlyList<Record<TKey, TValue>> Read<TKey, TValue>(ILogConsumer consumer, int count, Serde<TKey> keys, Serde<TValue> values, string topic, TimeSpan patience)
    {
        var records = new List<Record<TKey, TValue>>();
        var began = TimeProvider.System.GetTimestamp();
        while (records.Count < count)
        {
            var batch = consumer.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
            {
                var record = batch[i];
                records.Add(new(
                    record.HasKey ? keys.Deserialize(record.Key) : default!, record.HasKey, record.HasValue ? values.Deserialize(record.Value) : default!, record.HasValue, record.Timestamp, record.Headers));
            }

            if (records.Count < count && TimeProvider.System.GetElapsedTime(began) >= patience)
                throw new TimeoutException($"Topic '{topic}' has {records.Count} records after {patience.TotalSeconds:0.#} s, and {count} were waited for: {string.Join(", ", records.TakeLast(10))}");
        }

        return records;
    }
}
