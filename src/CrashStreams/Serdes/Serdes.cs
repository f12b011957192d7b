using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
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

    /// <summary>2 bytes, big-endian.</summary>
    public static Serde<short> Int16 { get; } = new Int16Serde();

    /// <summary>1 byte.</summary>
    public static Serde<byte> Byte { get; } = new ByteSerde();

    /// <summary>1 byte, 0 or 1.</summary>
    public static Serde<bool> Boolean { get; } = new BooleanSerde();

    /// <summary>4 bytes, IEEE 754, big-endian.</summary>
    public static Serde<float> Single { get; } = new SingleSerde();

    /// <summary>Decimal text. Values that differ in the number of digits behind the point are different keys.</summary>
    public static Serde<decimal> Decimal { get; } = new DecimalSerde();

    /// <summary>ISO 8601 text with offset: <c>2026-01-31T08:15:00.0000000+01:00</c>. The same instant with another offset is another key.</summary>
    public static Serde<DateTimeOffset> DateTimeOffset { get; } = new DateTimeOffsetSerde();

    /// <summary>8 bytes, IEEE 754, big-endian.</summary>
    public static Serde<double> Double { get; } = new DoubleSerde();

    /// <summary>Text of 36 characters, as Kafka's UUID serializer writes it.</summary>
    public static Serde<Guid> Guid { get; } = new GuidSerde();

    /// <summary>The bytes themselves.</summary>
    public static Serde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>An enum's name as UTF-8 text; the number of a value without name.</summary>
    public static Serde<T> Enum<T>()
        where T : struct, Enum => new EnumSerde<T>();

    /// <summary>JSON by System.Text.Json, with the metadata of a source-generated context: no reflection, safe to trim.</summary>
    /// <param name="type">The type's metadata.</param>
    /// <param name="valuesAreImmutable">
    /// Whether a value is never changed once it was made (a record whose properties are all so): then stores keep it as an object and serialize it once per
    /// commit. Otherwise they keep its bytes, so that a value which is changed in place changes the store only when it is put.
    /// </param>
    public static Serde<T> Json<T>(JsonTypeInfo<T> type, bool valuesAreImmutable = false)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new JsonSerde<T>(type, valuesAreImmutable);
    }

    /// <summary>JSON by System.Text.Json, by reflection: the type needs no source-generated context, and the program can't be trimmed or compiled to native code.</summary>
    /// <param name="options">How; <see cref="JsonSerializerOptions.Web"/> by default: names in camel case.</param>
    /// <param name="valuesAreImmutable">As above.</param>
    [RequiresUnreferencedCode("Use the overload with the metadata of a source-generated context.")]
    [RequiresDynamicCode("Use the overload with the metadata of a source-generated context.")]
    public static Serde<T> Json<T>(JsonSerializerOptions? options = null, bool valuesAreImmutable = false) =>
        new JsonSerde<T>((JsonTypeInfo<T>)(options ?? JsonSerializerOptions.Web).GetTypeInfo(typeof(T)), valuesAreImmutable);

    /// <summary>Null instead of a value type's default: tombstones of <c>long</c> become <c>null</c> of <c>long?</c>.</summary>
    public static Serde<T?> Nullable<T>(Serde<T> inner)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new NullableSerde<T>(inner);
    }

    /// <summary>Two values, for keys of two parts: the length of the first (4 bytes, big-endian), the first, the second.</summary>
    public static Serde<(T1, T2)> Tuple<T1, T2>(Serde<T1> first, Serde<T2> second) => new TupleSerde<T1, T2>(first, second);

    /// <summary>Three values, for keys of three parts: a pair of the first and of a pair of the others.</summary>
    public static Serde<(T1, T2, T3)> Tuple<T1, T2, T3>(Serde<T1> first, Serde<T2> second, Serde<T3> third) => new TupleSerde<T1, T2, T3>(first, second, third);

    /// <summary>Keys of time windows: the key's bytes, then the window's start (8 bytes, big-endian); the size is known, not written.</summary>
    public static Serde<Windowed<TKey>> TimeWindowed<TKey>(Serde<TKey> inner, TimeSpan windowSize) => new TimeWindowedSerde<TKey>(inner, new WindowLength((long)windowSize.TotalMilliseconds));

    /// <summary>The library's serde for a type, or null when it has none.</summary>
    internal static Serde<T>? Find<T>()
    {
        object? serde = default(T) switch
        {
            int => Int32,
            long => Int64,
            short => Int16,
            byte => Byte,
            bool => Boolean,
            float => Single,
            double => Double,
            decimal => Decimal,
            System.DateTimeOffset => DateTimeOffset,
            System.Guid => Guid,
            _ => null,
        };
        if (typeof(T).IsEnum)
            serde = new EnumSerde<T>();
        else if (typeof(T) == typeof(string))
            serde = String;
        else if (typeof(T) == typeof(byte[]))
            serde = Bytes;
        else if (typeof(T) == typeof(long?))
            serde = Nullable(Int64);
        else if (typeof(T) == typeof(int?))
            serde = Nullable(Int32);
        else if (typeof(T) == typeof(double?))
            serde = Nullable(Double);
        else if (typeof(T) == typeof(bool?))
            serde = Nullable(Boolean);
        else if (typeof(T) == typeof(decimal?))
            serde = Nullable(Decimal);
        else if (typeof(T) == typeof(System.Guid?))
            serde = Nullable(Guid);
        else if (typeof(T) == typeof(DateTimeOffset?))
            serde = Nullable(DateTimeOffset);
        return (Serde<T>?)serde;
    }
}
