using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Benchmarks.Scale;

/// <summary>A client with one connection and one request at a time: small enough for a thousand in a process.</summary>
internal sealed class WireClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _answer = new byte[256];
    private int _correlationId;

    public async Task ConnectAsync(string bootstrap) => await _socket.ConnectAsync(IPEndPoint.Parse(bootstrap));

    public async Task<TResponse> SendAsync<TRequest, TResponse>(TRequest request)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        var api = SupportedApis.Of(TRequest.ApiKey);
        await SendAllAsync(Encode(request, api));
        await ReceiveAsync(sizeof(int));
        var length = BinaryPrimitives.ReadInt32BigEndian(_answer);
        if (_answer.Length < length)
            _answer = new byte[2 * length];
        await ReceiveAsync(length);
        return Decode<TResponse>(api, length);
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Encode<TRequest>(TRequest request, ApiVersionRange api)
        where TRequest : class, IRequest<TRequest>
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt32(0);
        new RequestHeader(api, api.Last, ++_correlationId, "scale").Write(ref writer);
        request.Write(ref writer, api.Last);
        var frame = buffer.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    private TResponse Decode<TResponse>(ApiVersionRange api, int length)
        where TResponse : class, IResponse<TResponse>
    {
        var reader = new WireReader(_answer.AsMemory(0, length));
        if (ResponseHeader.Read(ref reader, api, api.Last) != _correlationId)
            throw new InvalidDataException("An answer belongs to another request.");
        return TResponse.Read(ref reader, api.Last);
    }

    private async Task SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    private async Task ReceiveAsync(int count)
    {
        for (var got = 0; got < count;)
        {
            var read = await _socket.ReceiveAsync(_answer.AsMemory(got, count - got));
            got += read > 0 ? read : throw new IOException("The broker has closed the connection.");
        }
    }
}
