using System.Buffers;
using Confluent.Kafka;
using Streamiz.Kafka.Net.SerDes;

namespace CrashStreams.CrashMonitor.Streamiz;

/// <summary>A serde of CrashStreams where Streamiz wants one of its own.</summary>
internal class SerdeAdapter<T>(Serde<T> serde) : AbstractSerDes<T>
{
    public override T Deserialize(byte[] data, SerializationContext context) => data is null ? default! : serde.Deserialize(data);

    public override byte[] Serialize(T data, SerializationContext context)
    {
        if (data is null)
            return null!;
        var bytes = new ArrayBufferWriter<byte>();
        serde.Serialize(data, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}

/// <summary>Streamiz makes the serdes of a repartition topic itself.</summary>
internal sealed class SeveritySerDes() : SerdeAdapter<Severity>(new SeveritySerde());
