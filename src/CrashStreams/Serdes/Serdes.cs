using System.Text.Json.Serialization.Metadata;

namespace CrashStreams;

/// <summary>The serdes that come with the library, in the formats of Kafka's Java serializers.</summary>
public static class Serdes
{
    /// <summary>UTF-8 text.</summary>
    public static Serde<string> String { get; } = new StringSerde();

    /// <summary>4 bytes, big-endian.</summary>
    public static Serde<int> Int32 { get; } = new Int32Serde();

    /// <summary>8 bytes, big-endian.</summary>
    public static Serde<long> Int64 { get; } = new Int64Serde();

    /// <summary>8 bytes, IEEE 754, big-endian.</summary>
    public static Serde<double> Double { get; } = new DoubleSerde();

    /// <summary>Text of 36 characters, as Kafka's UUID serializer writes it.</summary>
    public static Serde<Guid> Guid { get; } = new GuidSerde();

    /// <summary>The bytes themselves.</summary>
    public static Serde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>JSON by System.Text.Json, with the metadata of a source-generated context: no reflection, safe to trim.</summary>
    public static Serde<T> Json<T>(JsonTypeInfo<T> type) => new JsonSerde<T>(type);

    /// <summary>Null instead of a value type's default: tombstones of <c>long</c> become <c>null</c> of <c>long?</c>.</summary>
    public static Serde<T?> Nullable<T>(Serde<T> inner)
        where T : struct => new NullableSerde<T>(inner);

    /// <summary>Keys of time windows: the key's bytes, then the window's start (8 bytes, big-endian); the size is known, not written.</summary>
    public static Serde<Windowed<TKey>> TimeWindowed<TKey>(Serde<TKey> inner, TimeSpan windowSize) => new TimeWindowedSerde<TKey>(inner, (long)windowSize.TotalMilliseconds);

    /// <summary>The library's serde for a type, or null when it has none.</summary>
    internal static Serde<T>? Find<T>()
    {
        object? serde = default(T) switch
        {
            int => Int32,
            long => Int64,
            double => Double,
            System.Guid => Guid,
            _ => null,
        };
        if (typeof(T) == typeof(string))
            serde = String;
        else if (typeof(T) == typeof(byte[]))
            serde = Bytes;
        else if (typeof(T) == typeof(long?))
            serde = Nullable(Int64);
        else if (typeof(T) == typeof(int?))
            serde = Nullable(Int32);
        else if (typeof(T) == typeof(double?))
            serde = Nullable(Double);
        return (Serde<T>?)serde;
    }
}
