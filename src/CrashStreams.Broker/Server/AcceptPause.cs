using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Server;

/// <summary>
/// What is done when a connection can't be accepted: without descriptors the next try would fail as well, so there is a second's pause, and one line in the
/// log until it works again.
/// </summary>
internal sealed class AcceptPause(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private bool _isTold;

    public async Task AfterAsync(SocketException error, CancellationToken stop)
    {
        // A client that has left again before it was accepted costs one try.
        if (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            return;
        if (!_isTold)
            log.LogWarning("Connections can't be accepted for now ({Error}): {Problem}. The broker goes on trying.", error.SocketErrorCode, error.Message);
        _isTold = true;
        await Task.Delay(s_pause, time, stop).ConfigureAwait(false);
    }

    public void Works() => _isTold = false;
}
