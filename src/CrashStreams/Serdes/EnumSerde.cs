using System.Buffers;
using System.Text;

namespace CrashStreams;

/// <summary>An enum's name as UTF-8 text; the number of a value without name.</summary>
internal sealed class EnumSerde<T> : Serde<T>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override T Deserialize(ReadOnlySpan<byte> data) =>
        Enum.TryParse(typeof(T), Encoding.UTF8.GetString(data), out var value) ? (T)value : throw new SerdeException("not-an-enum");

    public override void Serialize(T value, IBufferWriter<byte> output)
    {
        var name = value!.ToString()!;
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(name.Length));
        output.Advance(Encoding.UTF8.GetBytes(name, span));
    }
}
