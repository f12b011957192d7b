using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams.Operators;

/// <summary>
/// A subscription in its topic and store (Kafka Streams' version 1; version 0 has no partition):
/// <code>
/// no hash (1 bit) · version (7 bits) · instruction (1) [· hash (16)] · left key · left partition (4)      big-endian
/// </code>
/// </summary>
internal sealed class SubscriptionSerde<TKey>(Serde<TKey> keys) : Serde<Subscription<TKey>>
{
    private const byte Version = 1;
    private const int PrefixBytes = 2;

    protected internal override Serde<Subscription<TKey>> Bind(SerdeContext context) => keys.Bind(context) is var bound && bound == keys ? this : new SubscriptionSerde<TKey>(bound);

    public override void Serialize(Subscription<TKey> value, IBufferWriter<byte> output)
    {
        HashPrefix.WriteByte(HashPrefix.Of(Version, value.ValueHash), output);
        HashPrefix.WriteByte((byte)value.Instruction, output);
        HashPrefix.WriteHash(value.ValueHash, output);
        keys.Serialize(value.Key, output);
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value.Partition ?? -1);
        output.Advance(sizeof(int));
    }

    public override Subscription<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < PrefixBytes)
            throw new SerdeException($"A subscription has {data.Length} bytes, fewer than its version and instruction.");
        var version = HashPrefix.VersionOf(data[0]);
        if (version > Version)
            throw new SerdeException($"A subscription of version {version}: at most {Version} is known.");
        var instruction = (SubscriptionInstruction)data[1];
        if (instruction > SubscriptionInstruction.AnswerIfPresent)
            throw new SerdeException($"A subscription has the unknown instruction {data[1]}.");
        var rest = data[PrefixBytes..];
        var hash = HashPrefix.ReadHash(data[0], ref rest);
        if (version == 0)
            return new(hash, instruction, keys.Deserialize(rest), null);
        if (rest.Length < sizeof(int))
            throw new SerdeException("A subscription ends before its partition.");
        var partition = BinaryPrimitives.ReadInt32BigEndian(rest[^sizeof(int)..]);
        return new(hash, instruction, keys.Deserialize(rest[..^sizeof(int)]), partition < 0 ? null : partition);
    }
}
