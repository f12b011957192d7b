using System.Buffers.Binary;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Loop;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>Takes frames apart: large ones one at a time, records checked, who is not known yet asked; then requests go to the loop in their order.</summary>
internal sealed partial class ClientConnection
{
    private const int MeasuredFrame = 1024; // whatever is in a smaller one, taking it apart takes no longer than is counted for it
    private const int MostDecompressedHere = 4 * 1024 * 1024; // by a thread that may be the one that waits for sockets; a producer's usual batches are smaller
    private static readonly TimeSpan s_smallFrame = TimeSpan.FromMicroseconds(3);

    private bool IsLarge(byte[] frame, int length) => length > _limits.LargeRequestBytes && !IsProduce(frame);

    private static bool IsProduce(byte[] frame) => BinaryPrimitives.ReadInt16BigEndian(frame) == (short)ApiKey.Produce;

    /// <summary>
    /// Waits until a large request may be taken apart, then goes on with a thread of the pool: this one may be the one that waits for the sockets. The client's earlier requests are
    /// answered before, so that the place is not held while they wait for something.
    /// </summary>
    private async ValueTask AcceptLargeAsync(byte[] frame, int length)
    {
        lock (_lock)
        {
            _heldBytes += length;
            Report();
        }
        await AllAnsweredAsync().ConfigureAwait(false);
        var place = await _server.LargeRequests.EnterAsync().ConfigureAwait(false);
        try
        {
            await Task.Yield();
            lock (_lock)
                _heldBytes -= length;
            await AcceptAsync(frame, length, place).ConfigureAwait(false);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private async ValueTask AllAnsweredAsync()
    {
        Task answered;
        lock (_lock)
        {
            if ((_pending.Count == 0 && !_isWriting) || _isClosed)
                return;
            answered = (_allSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        RunLoop();
        await answered.ConfigureAwait(false);
    }

    private async ValueTask AcceptAsync(byte[] frame, int length, IDisposable? place)
    {
        if (_isClosed)
        {
            place?.Dispose();
            PooledBytes.Return(frame);
            return;
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var isMeasured = length >= MeasuredFrame || IsProduce(frame);
        var began = isMeasured ? ThreadClock.Nanoseconds : 0;
        var request = Decode(frame, length, out var saslBody);
        request.Place = place;
        var produce = request.Body as PreparedProduce;
        var isPrepared = produce?.TryPrepare(StepQueue.Slice, MostDecompressedHere) ?? true;
        _usedReading.Add(isMeasured ? new TimeSpan((ThreadClock.Nanoseconds - began) / TimeSpan.NanosecondsPerTick) : s_smallFrame);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (!isPrepared)
        {
            RunLoop(); // what came before it is not to wait for it
            allocated += await PrepareAsync(produce!).ConfigureAwait(false);
            if (_isClosed)
            {
                PooledBytes.Return(frame);
                return;
            }
        }
        Task? room = null;
        lock (_lock)
        {
            _pending.Enqueue(request);
            request.HeldBytes = length;
            _heldBytes += length;
            Hold(request, allocated);
            if ((_pending.Count >= MaxPending || _server.Memory.IsSpent(_heldBytes, _heldObjects)) && !_isClosed)
                room = (_roomWanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        if (saslBody is not null)
            await AuthenticateAsync(request, saslBody).ConfigureAwait(false);
        else
            _server.Loop.Enqueue(request);
        if (room is null)
            return;
        RunLoop();
        await room.ConfigureAwait(false);
    }

    /// <summary>
    /// Goes on with batches that take long to check, beside one another a client at a time: a few kilobytes may decompress to gigabytes, and threads are few. Ends with the connection.
    /// </summary>
    /// <returns>What it took of memory.</returns>
    private async ValueTask<long> PrepareAsync(PreparedProduce produce)
    {
        var allocated = 0L;
        for (var isPrepared = false; !isPrepared && !_isClosed;)
        {
            await _server.Preparing.WaitAsync().ConfigureAwait(false);
            try
            {
                await Task.Yield();
                var before = GC.GetAllocatedBytesForCurrentThread();
                isPrepared = produce.TryPrepare(StepQueue.Slice);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            finally
            {
                _server.Preparing.Release();
            }
        }
        return allocated;
    }

    /// <summary>Outside the loop, which others need; nothing else is read from the client meanwhile.</summary>
    private async ValueTask AuthenticateAsync(PendingRequest request, object body)
    {
        var (answer, isRefusal) = await Authentication!.HandleAsync(body, _server.Core.Options.TimeProvider).ConfigureAwait(false);
        _reader.Limits = FrameLimitsNow();
        Task? sent = null;
        if (isRefusal)
            lock (_lock)
                sent = (_allSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        request.Complete(answer);
        if (sent is null)
            return;
        // Like Apache Kafka: who is refused has to connect again.
        RunLoop();
        await sent.ConfigureAwait(false);
        Close();
    }

    private PendingRequest Decode(byte[] frame, int length, out object? saslBody)
    {
        var reader = new WireReader(frame.AsMemory(0, length), IsProduce(frame) ? _limits.ProduceElements : _limits.RequestElements);
        var header = RequestHeader.Read(ref reader);
        var client = ClientIdentity.Of(header.ClientId, _host);
        var context = new RequestContext(header.Api, header.Version, client, this);
        saslBody = null;
        if (Authentication?.Allows(header.Api.Key) == false)
            throw new ProtocolException($"{header.Api.Key} before authentication.");
        var endpoint = _server.Core.Apis.Find(header.Api.Key) ?? throw new ProtocolException($"{header.Api.Key} is not served.");
        if (!header.IsSupported && header.Api.Key == ApiKey.ApiVersions)
            return new PendingRequest(UnsupportedApiVersions.Endpoint, "", context with { Version = 0 }, header.CorrelationId, frame, this, _server.Core);
        if (!header.IsSupported)
            throw new ProtocolException($"{header.Api.Key} has no version {header.Version}.");
        var body = endpoint.Decode(ref reader, header.Version);
        if (header.Api.Key is ApiKey.SaslHandshake or ApiKey.SaslAuthenticate)
            saslBody = body;
        return new PendingRequest(endpoint, body, context, header.CorrelationId, frame, this, _server.Core);
    }
}
