using System.Buffers;

namespace CrashStreams;

/// <summary>A value type that may be missing. Missing ones have no bytes, so only present ones come here.</summary>
internal sealed class NullableSerde<T>(Serde<T> inner) : Serde<T?>
    where T : struct
{
    protected internal override Serde<T?> Bind(SerdeContext context) => inner.Bind(context) is var bound && bound == inner ? this : new NullableSerde<T>(bound);

    protected internal override ReadOnlySpan<byte> PartitionedBy(ReadOnlySpan<byte> key) => inner.PartitionedBy(key);

    protected internal override bool EqualityIsThatOfBytes => inner.EqualityIsThatOfBytes;

    public override T? Deserialize(ReadOnlySpan<byte> data) => inner.Deserialize(data);

    public override void Serialize(T? value, IBufferWriter<byte> output) => inner.Serialize(value!.Value, output);
}
