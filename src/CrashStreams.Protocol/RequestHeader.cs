using CrashStreams.Protocol.Wire;

namespace CrashStreams.Protocol;

/// <summary>
/// What stands before a request's body: <c>int16 apiKey, int16 apiVersion, int32 correlationId, nullable string clientId</c>,
/// and tagged fields in flexible versions. The client id keeps its int16 length even there.
/// </summary>
internal readonly record struct RequestHeader(ApiVersionRange Api, short Version, int CorrelationId, string? ClientId)
{
    /// <summary>Reads the header. An unknown key is an error; an unknown version is for the caller to judge (<see cref="IsSupported"/>).</summary>
    public static RequestHeader Read(ref WireReader reader)
    {
        var key = reader.ReadInt16();
        var version = reader.ReadInt16();
        var correlationId = reader.ReadInt32();
        if (SupportedApis.Find(key) is not { } api)
            throw new ProtocolException($"Unknown API key {key}.");
        if (version < 0)
            throw new ProtocolException($"{api.Key} has no version {version}.");
        var clientId = reader.ReadNullableString(flexible: false);
        if (api.Contains(version) && api.RequestHeaderVersion(version) == 2)
            reader.SkipTaggedFields();
        return new RequestHeader(api, version, correlationId, clientId);
    }

    public bool IsSupported => Api.Contains(Version);

    public void Write(ref WireWriter writer)
    {
        writer.WriteInt16((short)Api.Key);
        writer.WriteInt16(Version);
        writer.WriteInt32(CorrelationId);
        writer.WriteNullableString(ClientId, flexible: false);
        if (Api.RequestHeaderVersion(Version) == 2)
            writer.WriteNoTaggedFields();
    }
}
