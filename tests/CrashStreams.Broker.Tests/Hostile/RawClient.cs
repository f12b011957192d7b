using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>A client that sends what no library would.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _socket;
    private int _correlation;

    public RawClient(EmbeddedBroker broker) => _socket = new TcpClient("127.0.0.1", broker.Port);

    public void Dispose() => _socket.Dispose();

    public async Task<TResponse> Ask<TRequest, TResponse>(TRequest request, short? version = null)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        var api = SupportedApis.Of(TRequest.ApiKey);
        var used = version ?? api.Last;
        await _socket.GetStream().WriteAsync(Frame(request, api, used, ++_correlation));
        var length = new byte[sizeof(int)];
        await _socket.GetStream().ReadExactlyAsync(length).AsTask().WaitAsync(Client.Patience);
        var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await _socket.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(Client.Patience);
        var reader = new WireReader(answer);
        ResponseHeader.Read(ref reader, api, used).Should().Be(_correlation);
        return TResponse.Read(ref reader, used);
    }

    /// <summary>Sends a request and does not wait for the answer.</summary>
    public async Task Send<TRequest>(TRequest request, short? version = null)
        where TRequest : class, IRequest<TRequest>
    {
        var api = SupportedApis.Of(TRequest.ApiKey);
        await _socket.GetStream().WriteAsync(Frame(request, api, version ?? api.Last, ++_correlation));
    }

    /// <summary>Produces one batch and returns what the broker says to it.</summary>
    public async Task<(ErrorCode Error, string? Message)> Produce(string topic, byte[] batch)
    {
        var response = await Ask<ProduceRequest, ProduceResponse>(new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 10_000,
            TopicData = [new() { Name = topic, PartitionData = [new() { Index = 0, Records = new RecordsField(batch) }] }],
        }, version: 9);
        var answer = response.Responses[0].PartitionResponses[0];
        return (answer.ErrorCode, answer.ErrorMessage);
    }

    /// <summary>A batch around a payload, whatever that is, with the right length and CRC.</summary>
    public static byte[] Batch(CompressionCodec codec, ReadOnlySpan<byte> payload, int records)
    {
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        byte[] batch = [.. new byte[RecordBatchHeader.Size], .. payload];
        new RecordBatchHeader { Codec = codec, RecordCount = records, LastOffsetDelta = records - 1, BaseTimestamp = nowMs, MaxTimestamp = nowMs }.Write(batch);
        return batch;
    }

    private static byte[] Frame<TRequest>(TRequest request, ApiVersionRange api, short version, int correlation)
        where TRequest : class, IRequest<TRequest>
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        new RequestHeader(api, version, correlation, "hostile").Write(ref writer);
        request.Write(ref writer, version);
        var body = buffer.ToArray();
        var frame = new byte[sizeof(int) + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, sizeof(int));
        return frame;
    }
}
