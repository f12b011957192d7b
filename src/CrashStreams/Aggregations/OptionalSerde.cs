using System.Buffers;

namespace CrashStreams.Aggregations;

/// <summary>
/// <code>
/// 00                no value
/// 01 · value        a value
/// </code>
/// </summary>
internal sealed class OptionalSerde<T>(Serde<T> values) : AggregateSerde<Optional<T>>
{
    protected internal override bool ValuesAreImmutable => values.ValuesAreImmutable;

    public override Optional<T> Deserialize(ReadOnlySpan<byte> data) => ReadByte(ref data) == 0 ? default : new(values.Deserialize(data), true);

    public override void Serialize(Optional<T> value, IBufferWriter<byte> output)
    {
        WriteByte(value.HasValue ? (byte)1 : (byte)0, output);
        if (value.HasValue)
            values.Serialize(value.Value!, output);
    }
}
