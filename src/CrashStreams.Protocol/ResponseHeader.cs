using CrashStreams.Protocol.Wire;

namespace CrashStreams.Protocol;

/// <summary>What stands before a response's body: <c>int32 correlationId</c>, and tagged fields in flexible versions.</summary>
internal static class ResponseHeader
{
    public static int Read(ref WireReader reader, ApiVersionRange api, short version)
    {
        var correlationId = reader.ReadInt32();
        if (api.ResponseHeaderVersion(version) == 1)
            reader.SkipTaggedFields();
        return correlationId;
    }

    public static void Write(ref WireWriter writer, ApiVersionRange api, short version, int correlationId)
    {
        writer.WriteInt32(correlationId);
        if (api.ResponseHeaderVersion(version) == 1)
            writer.WriteNoTaggedFields();
    }
}
