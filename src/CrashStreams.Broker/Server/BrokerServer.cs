using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Server;

/// <summary>Listens and gives every client a <see cref="ClientConnection"/>.</summary>
internal sealed class BrokerServer : IAsyncDisposable
{
    /// <summary>How long clients who connect keep a thread.</summary>
    private static readonly TimeSpan s_longestStretch = TimeSpan.FromMilliseconds(1);

    /// <summary>Clients who leave behind what they have asked for are noticed by looking: those of a second, all at once, would be in the way of others.</summary>
    private static readonly TimeSpan s_longestSweepInterval = TimeSpan.FromMilliseconds(200);

    private readonly Socket _listener;
    private readonly ILogger _log;
    private readonly Limits _limits;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ClientConnection, Serving> _connections = new(); // shared: connections leave on their own threads
    private readonly CancellationTokenSource _stop = new();
    private readonly AcceptPause _acceptPause;
    private readonly ITimer _sweep;
    private readonly int _maxConnections;
    private Task _accepting = Task.CompletedTask;
    private int _open; // shared: sockets that were accepted and are not closed
    private int _isSweeping; // shared: 1 while a thread sweeps

    public BrokerServer(BrokerOptions options, ILogger log)
    {
        (_log, _limits, _time) = (log, options.Limits, options.TimeProvider);
        Memory = new ConnectionMemory(_limits);
        LargeRequests = new PacedPlace(_time);
        LargeGrowth = new PacedPlace(_time);
        Users = new UserCredentials(options.Users);
        Refusals = new AuthenticationRefusals(_limits, _time);
        _acceptPause = new AcceptPause(_time, log);
        _maxConnections = Math.Min(_limits.Connections, DescriptorLimit.ForConnections);
        _listener = Listen(new IPEndPoint(options.Address, options.Port));
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _sweep = _time.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Port { get; }

    public BrokerCore Core { get; private set; } = null!;

    public BrokerLoop Loop { get; private set; } = null!;

    public ConnectionMemory Memory { get; }

    /// <summary>
    /// A large request without records becomes hundreds of thousands of objects. While they live the collector has to look at all of them, and everybody waits for it and for the
    /// loop. So these requests are taken apart and handled one after the other. Those with records stay what they are, and need no place.
    /// </summary>
    public PacedPlace LargeRequests { get; }

    /// <summary>For frames whose memory grows by megabytes.</summary>
    public PacedPlace LargeGrowth { get; }

    /// <summary>Whose batches take long to check: one client at a time, for a few milliseconds.</summary>
    public SemaphoreSlim Preparing { get; } = new(1);

    public UserCredentials Users { get; }

    public AuthenticationRefusals Refusals { get; }

    public int ConnectionCount => _connections.Count;

    private static Socket Listen(IPEndPoint address)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(address);
            listener.Listen(backlog: 1024);
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new SocketException(e.ErrorCode, $"The broker can't listen on {address}: {e.Message}. {(e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "Choose another port, or 0 for any that is free." : "Choose another address or port.")}");
        }
    }

    public void Start(BrokerCore core, BrokerLoop loop)
    {
        (Core, Loop) = (core, loop);
        core.Steps.IsMemoryShort = () => Memory.IsShort;
        var interval = new[] { s_longestSweepInterval, _limits.Idle / 4, _limits.HalfRequest / 4, _limits.UntakenAnswer / 4, _limits.WhenMemoryIsShort / 4, _limits.Authentication / 4 }.Min();
        _sweep.Change(interval, interval);
        _accepting = AcceptAsync();
    }

    public void Forget(ClientConnection connection) => _connections.TryRemove(connection, out _);

    public void CloseConnections()
    {
        foreach (var connection in _connections.Keys)
            connection.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sweep.DisposeAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        var serving = _connections.Values.Select(connection => connection.Ended.Task).ToList();
        CloseConnections();
        await Task.WhenAll(serving).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // Hundreds that connect at once would keep the thread, which may be the one that waits for the sockets of all.
                if (Stopwatch.GetElapsedTime(since) > s_longestStretch)
                {
                    await Task.Yield();
                    since = Stopwatch.GetTimestamp();
                }
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _acceptPause.Works();
                if (Interlocked.Increment(ref _open) <= _maxConnections)
                    _ = ServeAsync(socket);
                else
                    Refuse(socket);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException || _stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException error)
            {
                await PauseAsync(error).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(SocketException error)
    {
        try
        {
            await _acceptPause.AfterAsync(error, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The broker stops.
        }
    }

    private void Refuse(Socket socket)
    {
        Interlocked.Decrement(ref _open);
        _log.LogDebug("There are {Count} connections; a further one was closed.", _maxConnections);
        socket.Dispose();
    }

    private async Task ServeAsync(Socket socket)
    {
        Stream? stream = null;
        try
        {
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            SocketSettings.Apply(socket);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (Core.Options.Certificate is { } certificate)
                stream = await BeginTlsAsync(stream, certificate).ConfigureAwait(false);
            var connection = new ClientConnection(stream, stream is NetworkStream ? socket : null, "/" + remote.Address, remote.ToString(), this, _log);
            var serving = new Serving(new ConnectionDeadlines(_limits, _time), socket);
            _connections[connection] = serving;
            if (_stop.IsCancellationRequested)
                connection.Close();
            await connection.ServeAsync().ConfigureAwait(false);
            serving.Ended.SetResult();
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _log.LogDebug("A client did not get as far as its first request: {Problem}", ClientText.Escape(error.Message));
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task<Stream> BeginTlsAsync(Stream stream, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
    {
        using var late = new CancellationTokenSource(_limits.Authentication, _time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stop.Token);
        var tls = new SslStream(stream);
        var handshake = new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        await tls.AuthenticateAsServerAsync(handshake, ended.Token).ConfigureAwait(false);
        return tls;
    }

    private void Sweep()
    {
        if (Interlocked.Exchange(ref _isSweeping, 1) != 0)
            return;
        (ClientConnection Connection, long HeldBytes)? hoarder = null;
        foreach (var (connection, serving) in _connections)
        {
            var activity = connection.Activity;
            if (serving.Deadlines.Check(activity) is { } reason)
                Disconnect(connection, reason);
            else if (!activity.IsIdle && PeerState.IsGone(serving.Socket))
                Disconnect(connection, "the client is gone");
            else if (serving.Deadlines.IsStuck && activity.HeldBytes > (hoarder?.HeldBytes ?? _limits.ConnectionBytesWhenFull))
                hoarder = (connection, activity.HeldBytes);
        }
        // One at a time: others may get on with what it held.
        if (Memory.IsShort && hoarder is { } found)
            Disconnect(found.Connection, $"it holds {found.HeldBytes} bytes, does not get on, and memory is short");
        Volatile.Write(ref _isSweeping, 0);
    }

    private void Disconnect(ClientConnection connection, string reason)
    {
        _log.LogDebug("{Client} is disconnected: {Reason}.", connection.Description, reason);
        connection.Close();
    }

    /// <summary>A connection from the outside: its deadlines, its socket, and when it has ended.</summary>
    private sealed record Serving(ConnectionDeadlines Deadlines, Socket Socket)
    {
        public TaskCompletionSource Ended { get; } = new();
    }
}
