using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CrashStreams;

/// <summary>JSON by System.Text.Json with source-generated metadata.</summary>
internal sealed class JsonSerde<T>(JsonTypeInfo<T> type, bool valuesAreImmutable) : Serde<T>
{
    // One writer per thread: making one per value costs more than the value.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    protected internal override bool ValuesAreImmutable => valuesAreImmutable || base.ValuesAreImmutable;

    public override T Deserialize(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, type)!;
        }
        catch (JsonException e)
        {
            throw new SerdeException("not-json", e);
        }
    }

    public override void Serialize(T value, IBufferWriter<byte> output)
    {
        var writer = _writer ??= new Utf8JsonWriter(output);
        writer.Reset(output);
        try
        {
            JsonSerializer.Serialize(writer, value, type);
            writer.Flush();
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new SerdeException("no-json", e);
        }
    }
}
