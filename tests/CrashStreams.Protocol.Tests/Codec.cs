using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Protocol.Tests;

/// <summary>Decodes a whole frame and encodes what it found again, for any API.</summary>
internal static class Codec
{
    private delegate void Body(ref WireReader reader, ref WireWriter writer, short version);

    private static readonly Dictionary<ApiKey, (Body Request, Body Response)> Bodies = Find();

    public static byte[] RecodeRequest(byte[] frame)
    {
        using var buffer = new WireBuffer();
        var reader = new WireReader(frame);
        var writer = new WireWriter(buffer);
        var header = RequestHeader.Read(ref reader);
        if (!header.IsSupported)
            throw new ProtocolException($"{header.Api.Key} v{header.Version} is not supported.");
        header.Write(ref writer);
        Bodies[header.Api.Key].Request(ref reader, ref writer, header.Version);
        ExpectEnd(reader);
        return buffer.ToArray();
    }

    public static byte[] RecodeResponse(byte[] frame, ApiKey key, short version)
    {
        using var buffer = new WireBuffer();
        var reader = new WireReader(frame);
        var writer = new WireWriter(buffer);
        var api = SupportedApis.Of(key);
        ResponseHeader.Write(ref writer, api, version, ResponseHeader.Read(ref reader, api, version));
        Bodies[key].Response(ref reader, ref writer, version);
        ExpectEnd(reader);
        return buffer.ToArray();
    }

    private static void ExpectEnd(WireReader reader)
    {
        if (reader.Remaining != 0)
            throw new ProtocolException($"{reader.Remaining} bytes are left over.");
    }

    private static void Recode<T>(ref WireReader reader, ref WireWriter writer, short version)
        where T : class, IWireStruct<T> => T.Read(ref reader, version).Write(ref writer, version);

    private static Dictionary<ApiKey, (Body, Body)> Find() =>
        Enum.GetValues<ApiKey>().ToDictionary(key => key, key => (Make($"{key}Request"), Make($"{key}Response")));

    private static Body Make(string type)
    {
        var message = typeof(ProduceRequest).Assembly.GetType($"CrashStreams.Protocol.Messages.{type}", throwOnError: true)!;
        return typeof(Codec).GetMethod(nameof(Recode), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(message).CreateDelegate<Body>();
    }
}
