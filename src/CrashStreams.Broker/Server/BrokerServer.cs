using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using CrashStreams.Broker.Loop;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Server;

/// <summary>Listens and gives every client a <see cref="ClientConnection"/>.</summary>
internal sealed class BrokerServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<ClientConnection, Task> _connections = new(); // shared: connections leave on their own threads
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;

    public BrokerServer(BrokerOptions options, ILogger log)
    {
        _log = log;
        _listener = new Socket(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(options.Address, options.Port));
        _listener.Listen(backlog: 1024);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public BrokerCore Core { get; private set; } = null!;

    public BrokerLoop Loop { get; private set; } = null!;

    public int ConnectionCount => _connections.Count;

    public void Start(BrokerCore core, BrokerLoop loop)
    {
        (Core, Loop) = (core, loop);
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
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        var serving = _connections.Values.ToList();
        CloseConnections();
        await Task.WhenAll(serving).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                SocketSettings.Apply(socket);
                _ = ServeAsync(socket);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException || _stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException error)
            {
                _log.LogWarning(error, "A connection could not be accepted.");
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var host = "/" + ((IPEndPoint)socket.RemoteEndPoint!).Address;
            if (Core.Options.Certificate is { } certificate)
            {
                var tls = new SslStream(stream);
                stream = tls;
                var handshake = new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
                await tls.AuthenticateAsServerAsync(handshake, _stop.Token).ConfigureAwait(false);
            }
            var connection = new ClientConnection(stream, stream is NetworkStream ? socket : null, host, this, _log);
            var done = new TaskCompletionSource();
            _connections[connection] = done.Task;
            if (_stop.IsCancellationRequested)
                connection.Close();
            await connection.ServeAsync().ConfigureAwait(false);
            done.SetResult();
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _log.LogWarning("A client did not get as far as its first request: {Problem}", error.Message);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
