using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Wire;

/// <summary>One connection that sends whatever it likes: well-formed requests, frames with any content, or bytes; and reads answers only when it wants to.</summary>
internal sealed class AttackClient : IDisposable
{
    private readonly TcpClient _socket;
    private readonly NetworkStream _stream;
    private int _correlationId;

    private AttackClient(TcpClient socket) => (_socket, _stream) = (socket, socket.GetStream());

    public string ClientId { get; set; } = "attacker";

    public static async Task<AttackClient> ConnectAsync(Target target, CancellationToken stop = default)
    {
        var client = await ConnectUnauthenticatedAsync(target, stop);
        if (target.Password is null)
            return client;
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, stop: stop);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{Target.User}\0{target.Password}") }, stop: stop);
        return client;
    }

    public static async Task<AttackClient> ConnectUnauthenticatedAsync(Target target, CancellationToken stop = default)
    {
        // From many addresses: one has not enough ports for so many connections.
        var socket = new TcpClient(new IPEndPoint(new IPAddress([127, 0, 2, (byte)Random.Shared.Next(1, 255)]), 0)) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, target.Port, stop);
            return new AttackClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and does not care for the answer.</summary>
    public async Task SendAsync<TRequest>(TRequest request, short? version = null, CancellationToken stop = default)
        where TRequest : class, IRequest<TRequest> => await _stream.WriteAsync(Frame(request, version), stop);

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop = default) => await _stream.WriteAsync(bytes, stop);

    public async Task<TResponse> AskAsync<TRequest, TResponse>(TRequest request, short? version = null, CancellationToken stop = default)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        await SendAsync(request, version, stop);
        return await ReadAsync<TResponse>(version, stop);
    }

    public async Task<TResponse> ReadAsync<TResponse>(short? version = null, CancellationToken stop = default)
        where TResponse : class, IResponse<TResponse>
    {
        var api = SupportedApis.Of(TResponse.ApiKey);
        var reader = new WireReader(await ReadFrameAsync(stop));
        ResponseHeader.Read(ref reader, api, version ?? api.Last);
        return TResponse.Read(ref reader, version ?? api.Last);
    }

    public async Task<byte[]> ReadFrameAsync(CancellationToken stop = default)
    {
        var prefix = new byte[sizeof(int)];
        await _stream.ReadExactlyAsync(prefix, stop);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await _stream.ReadExactlyAsync(frame, stop);
        return frame;
    }

    /// <summary>Takes so many bytes of whatever comes.</summary>
    public async Task ReadSomeAsync(int bytes, CancellationToken stop = default) => await _stream.ReadExactlyAsync(new byte[bytes], stop);

    /// <summary>Whether the broker closes the connection; what it still sends is dropped.</summary>
    public async Task<bool> IsClosedAsync(TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within);
        var dropped = new byte[64 * 1024];
        try
        {
            while (await _stream.ReadAsync(dropped, timeout.Token) > 0)
            {
            }
            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public byte[] Frame<TRequest>(TRequest request, short? version = null)
        where TRequest : class, IRequest<TRequest>
    {
        var api = SupportedApis.Of(TRequest.ApiKey);
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt32(0);
        new RequestHeader(api, version ?? api.Last, ++_correlationId, ClientId).Write(ref writer);
        request.Write(ref writer, version ?? api.Last);
        var frame = buffer.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    public void Dispose()
    {
        // A reset: nothing lingers, and the ports are free again at once.
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }
}
