using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// A plain connection to one broker, with one request under way at a time. Its thread waits in the socket; <see cref="Dispose"/>, from any thread, ends the wait.
/// </summary>
internal sealed class BrokerConnection : IDisposable
{
    // What a broker may answer beside the records that were asked for: a whole batch where it is larger, and all partitions' heads.
    private const int MaxAnswerBytes = 256 << 20;
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly string _clientId;
    private readonly FramePool _frames;
    private readonly byte[] _size = new byte[sizeof(int)];
    private Dictionary<ApiKey, short> _versions = [];
    private int _correlation;

    /// <summary>Connects, and asks which versions the broker speaks.</summary>
    /// <exception cref="SocketException">It can't be reached.</exception>
    /// <exception cref="IOException">It closes the connection.</exception>
    /// <exception cref="ProtocolException">It is no broker.</exception>
    public BrokerConnection(string host, int port, string clientId, FramePool frames, TimeSpan timeout)
    {
        (_clientId, _frames) = (clientId, frames);
        try
        {
            _socket.SendTimeout = _socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
            // A socket that has once been used asynchronously never blocks again: each later wait would go through the runtime's own thread for sockets.
            using (new Timer(_ => _socket.Dispose(), null, timeout, Timeout.InfiniteTimeSpan))
                _socket.Connect(host, port);
            using var answer = Ask(new ApiVersionsRequest(), 0);
            _versions = answer.Read<ApiVersionsResponse>().ApiKeys.ToDictionary(static api => (ApiKey)api.ApiKey, static api => api.MaxVersion);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>The newest version that both sides speak, and not newer than this one; below the oldest that there is code for when the broker is too old.</summary>
    public short VersionOf(ApiKey key, short newest) => _versions.TryGetValue(key, out var version) ? Math.Min(version, newest) : (short)-1;

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="SocketException">The connection broke, or the broker takes longer than the timeout.</exception>
    /// <exception cref="IOException">The broker closed the connection.</exception>
    /// <exception cref="ProtocolException">The answer is none.</exception>
    public Answer Ask<TRequest>(TRequest request, short version)
        where TRequest : class, IRequest<TRequest>
    {
        using (var buffer = new WireBuffer())
        {
            var writer = new WireWriter(buffer);
            writer.WriteInt32(0);
            new RequestHeader(SupportedApis.Of(TRequest.ApiKey), version, ++_correlation, _clientId).Write(ref writer);
            request.Write(ref writer, version);
            var bytes = buffer.Written;
            BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - sizeof(int));
            for (var sent = 0; sent < bytes.Length;)
                sent += _socket.Send(bytes[sent..]);
        }

        Fill(_size);
        var length = BinaryPrimitives.ReadInt32BigEndian(_size);
        if (length is < sizeof(int) or > MaxAnswerBytes)
            throw new ProtocolException($"An answer of {length} bytes.");
        var frame = _frames.Rent(length);
        try
        {
            Fill(frame.Bytes.AsSpan(0, length));
            if (BinaryPrimitives.ReadInt32BigEndian(frame.Bytes) is var correlation && correlation != _correlation)
                throw new ProtocolException($"An answer to request {correlation} instead of {_correlation}.");
            return new(frame, length, version);
        }
        catch
        {
            frame.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Fill(Span<byte> target)
    {
        while (target.Length > 0)
        {
            var received = _socket.Receive(target);
            if (received == 0)
                throw new EndOfStreamException("The broker closed the connection.");
            target = target[received..];
        }
    }

    /// <summary>An answer as it came, in memory that goes back to the pool with it, unless somebody holds the frame.</summary>
    internal readonly struct Answer(Frame frame, int length, short version) : IDisposable
    {
        /// <summary>Its bytes.</summary>
        public Frame Frame => frame;

        /// <summary>Reads it. Records are slices of the frame.</summary>
        public TResponse Read<TResponse>()
            where TResponse : class, IResponse<TResponse>
        {
            var reader = new WireReader(frame.Bytes.AsMemory(0, length));
            ResponseHeader.Read(ref reader, SupportedApis.Of(TResponse.ApiKey), version);
            return TResponse.Read(ref reader, version);
        }

        /// <inheritdoc/>
        public void Dispose() => frame.Release();
    }
}
