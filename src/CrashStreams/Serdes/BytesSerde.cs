using System.Buffers;

namespace CrashStreams;

/// <summary>The bytes themselves.</summary>
internal sealed class BytesSerde : Serde<byte[]>
{
    public override byte[] Deserialize(ReadOnlySpan<byte> data) => data.ToArray();

    public override void Serialize(byte[] value, IBufferWriter<byte> output) => output.Write(value);
}
