using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Server;

/// <summary>Sends the answers, in the order of the requests.</summary>
internal sealed partial class ClientConnection
{
    /// <summary>Sends what is answered, in order, until it comes to a request that is not.</summary>
    private async Task SendAnswersAsync()
    {
        try
        {
            // Answers that are there together leave together: one system call for all of them.
            for (var request = NextAnswered(elseEnd: true); request is not null; request = NextAnswered(elseEnd: true))
            {
                for (var next = request; next is not null; next = NextAnswered(elseEnd: false))
                    await SendAsync(next).ConfigureAwait(false);
                await _writer.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            _log.LogDebug("{Client} took no answer: {Problem}", Description, ClientText.Escape(error.Message));
            Close();
            _writer.Drop();
            while (NextAnswered(elseEnd: true) is { } request)
                Release(request, isSent: false);
        }
    }

    /// <summary>The next request in order when it is answered; if it isn't, this can be the end of the writing.</summary>
    private PendingRequest? NextAnswered(bool elseEnd)
    {
        PendingRequest? next = null;
        lock (_lock)
        {
            if (_pending.TryPeek(out var first) && first.IsDone)
                next = _pending.Dequeue();
            else if (elseEnd)
                EndWriting();
        }
        return next;
    }

    /// <summary>Under the lock.</summary>
    private void EndWriting()
    {
        _isWriting = false;
        if (_pending.Count > 0)
            return;
        _allSent?.TrySetResult();
        _allSent = null;
    }

    private async ValueTask SendAsync(PendingRequest request)
    {
        try
        {
            if (request.Response is null)
                return;
            using var buffer = Encode(request);
            request.DropResponse();
            HoldFrame(request, buffer.Position);
            if (!_isClosed)
                await _writer.WriteAsync(buffer).ConfigureAwait(false);
        }
        finally
        {
            Release(request, isSent: true);
        }
    }

    /// <summary>An answer's fields are held until the client has taken them; its records stay where they are.</summary>
    private void HoldFrame(PendingRequest request, int bytes)
    {
        if (bytes < ReportedPiece)
            return;
        _hasLongAnswers = true;
        lock (_lock)
        {
            request.HeldBytes += bytes;
            _heldBytes += bytes;
            Report();
        }
    }

    private WireBuffer Encode(PendingRequest request)
    {
        var buffer = new WireBuffer(maxBytes: _limits.AnswerBytes);
        try
        {
            var writer = new WireWriter(buffer);
            ResponseHeader.Write(ref writer, request.Context.Api, request.Context.Version, request.CorrelationId);
            request.Response!.Write(ref writer, request.Context.Version);
            return buffer;
        }
        catch (Exception error)
        {
            _log.LogError("The answer to {Request} can't be sent, and the connection is closed: {Problem}", request.Description, ClientText.Escape(error.Message));
            buffer.Dispose();
            throw;
        }
    }

    private void DropRecords(PendingRequest request)
    {
        try
        {
            Encode(request).Dispose();
        }
        catch (InvalidOperationException)
        {
            // Encode has logged why.
        }
    }

    /// <summary>What a request held is free: others may be read and handled.</summary>
    private void Release(PendingRequest request, bool isSent)
    {
        // Encoding and disposing gives back the log segments that the answer holds.
        if (!isSent && request.Response is not null)
            DropRecords(request);
        TaskCompletionSource? waiter = null;
        var canResume = false;
        lock (_lock)
        {
            _heldBytes -= request.HeldBytes;
            _heldObjects -= request.HeldObjects;
            Report();
            var isDrained = !_server.Memory.IsSpent(2 * _heldBytes, 2 * _heldObjects);
            if (_pending.Count < MaxPending / 2 && (isDrained || _pending.Count == 0))
                (waiter, _roomWanted) = (_roomWanted, null);
            if (_isDraining && (isDrained || !_pending.TryPeek(out var first) || !first.IsDone))
                (canResume, _isDraining) = (true, false);
        }
        waiter?.TrySetResult();
        if (canResume)
            _server.Loop.Post(Turn);
    }
}
