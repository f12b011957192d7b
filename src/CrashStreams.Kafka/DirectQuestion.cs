using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Kafka;

/// <summary>
/// A question that librdkafka can't put to a broker, or not safely: sent over a plain connection of its own. Clusters that want TLS or SASL are not asked.
/// </summary>
internal static class DirectQuestion
{
    private const int MaxAnswerBytes = 16 << 20;

    /// <summary>Whether brokers take a plain connection from a client with these properties.</summary>
    public static bool CanAsk(IReadOnlyDictionary<string, string> properties) =>
        !properties.TryGetValue("security.protocol", out var protocol) || string.Equals(protocol, "plaintext", StringComparison.OrdinalIgnoreCase);

    /// <summary>Asks one broker.</summary>
    /// <exception cref="EndOfStreamException">It does not know the question, and closes the connection.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="SocketException">It can't be reached.</exception>
    /// <exception cref="ProtocolException">The answer is none.</exception>
    public static async Task<TResponse> AskAsync<TRequest, TResponse>(string host, int port, TRequest request, short version, CancellationToken cancellation)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
        var stream = client.GetStream();
        await stream.WriteAsync(Bytes(request, version), cancellation).ConfigureAwait(false);
        var size = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(size, cancellation).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadInt32BigEndian(size);
        if (length is < 0 or > MaxAnswerBytes)
            throw new ProtocolException($"An answer of {length} bytes.");
        var answer = new byte[length];
        await stream.ReadExactlyAsync(answer, cancellation).ConfigureAwait(false);
        return Read<TResponse>(answer, version);
    }

    private static byte[] Bytes<TRequest>(TRequest request, short version)
        where TRequest : class, IRequest<TRequest>
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt32(0);
        new RequestHeader(Api(TRequest.ApiKey), version, 1, "crashstreams").Write(ref writer);
        request.Write(ref writer, version);
        var bytes = buffer.Written.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - sizeof(int));
        return bytes;
    }

    private static TResponse Read<TResponse>(byte[] answer, short version)
        where TResponse : class, IResponse<TResponse>
    {
        var reader = new WireReader(answer);
        ResponseHeader.Read(ref reader, Api(TResponse.ApiKey), version);
        return TResponse.Read(ref reader, version);
    }

    private static ApiVersionRange Api(ApiKey key) => SupportedApis.Find((short)key)!.Value;
}
