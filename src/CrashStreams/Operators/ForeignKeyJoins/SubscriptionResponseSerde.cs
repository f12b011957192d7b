using System.Buffers;

namespace CrashStreams.Operators;

/// <summary>
/// The answer to a subscription in its topic (Kafka Streams' version 0). A right value without bytes can't be told from a missing one, there as here:
/// <code>
/// no hash (1 bit) · version (7 bits) [· hash (16)] [· right value]      big-endian
/// </code>
/// </summary>
internal sealed class SubscriptionResponseSerde<TValue>(Serde<TValue> values) : Serde<SubscriptionResponse<TValue>>
{
    private const byte Version = 0;

    protected internal override Serde<SubscriptionResponse<TValue>> Bind(SerdeContext context) => values.Bind(context) is var bound && bound == values ? this : new SubscriptionResponseSerde<TValue>(bound);

    public override void Serialize(SubscriptionResponse<TValue> value, IBufferWriter<byte> output)
    {
        HashPrefix.WriteByte(HashPrefix.Of(Version, value.ValueHash), output);
        HashPrefix.WriteHash(value.ValueHash, output);
        if (value.HasValue)
            values.Serialize(value.Value, output);
    }

    public override SubscriptionResponse<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            throw new SerdeException("The answer to a subscription is empty.");
        if (HashPrefix.VersionOf(data[0]) is not Version and var version)
            throw new SerdeException($"The answer to a subscription is of version {version}: only {Version} is known.");
        var rest = data[1..];
        var hash = HashPrefix.ReadHash(data[0], ref rest);
        return rest.IsEmpty ? new(hash, default!, false, null) : new(hash, values.Deserialize(rest), true, null);
    }
}
