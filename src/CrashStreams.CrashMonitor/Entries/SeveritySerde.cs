using System.Buffers;

namespace CrashStreams.CrashMonitor;

/// <summary>A severity as its word: all of a crash that travels to its user's partition, besides user and time.</summary>
internal sealed class SeveritySerde : Serde<Severity>
{
    public override Severity Deserialize(ReadOnlySpan<byte> data) =>
        SeverityText.TryParse(data, out var severity) ? severity : throw new SerdeException(MalformedReason.BadSeverity);

    public override void Serialize(Severity value, IBufferWriter<byte> output) => output.Write(SeverityText.Of(value));
}
