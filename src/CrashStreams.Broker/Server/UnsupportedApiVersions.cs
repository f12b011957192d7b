using CrashStreams.Broker.Apis;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Server;

/// <summary>Answers an ApiVersions request of a version from the future, whose body can't be read.</summary>
internal static class UnsupportedApiVersions
{
    public static readonly ApiEndpoint Endpoint = new UnreadBodyEndpoint();

    private sealed class UnreadBodyEndpoint() : ApiEndpoint(Protocol.SupportedApis.Of(Protocol.ApiKey.ApiVersions))
    {
        public override object Decode(ref Protocol.Wire.WireReader reader, short version) => "";

        public override void Handle(object request, RequestContext context, Action<Protocol.Wire.IResponse?> reply) => reply(ApiVersions.Unsupported());
    }
}
