using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Kafka.Fetching;

/// <summary>Asks the cluster who leads partitions, on a thread of its own while any partition has no leader.</summary>
internal sealed class Leaders(FetchSettings settings, ConnectionFaults faults, Fetcher fetcher) : IDisposable
{
    /// <summary>Like librdkafka's <c>topic.metadata.propagation.max.ms</c>: so long a topic that nobody knows may be one that brokers have not heard of yet.</summary>
    public const int PropagationMs = 30_000;

    private const short NewestMetadata = 12;
    private const int FirstBackoffMs = 20, LastBackoffMs = 1_000;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _closing = new();
    private Thread? _thread;
    private BrokerConnection? _connection;
    private bool _isWanted;
    private int _nextAddress;

    /// <summary>Looks for the leaders of those that have none.</summary>
    public void Look()
    {
        lock (_gate)
        {
            _isWanted = true;
            if (_thread is not null || _closing.IsSet)
                return;
            _thread = new(Run) { IsBackground = true, Name = $"{settings.ClientId} leaders" };
            _thread.Start();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _closing.Set();
            _connection?.Dispose();
            thread = _thread;
        }

        thread?.Join();
    }

    private void Run()
    {
        for (var backoff = FirstBackoffMs; ; backoff = Math.Min(2 * backoff, LastBackoffMs))
        {
            lock (_gate)
                _isWanted = false;
            var topics = fetcher.Leaderless();
            if (topics.Count > 0)
            {
                Ask(topics);
                if (_closing.Wait(fetcher.Leaderless().Count == 0 ? 0 : backoff))
                    break;
                continue;
            }

            lock (_gate)
            {
                if (_isWanted && !_closing.IsSet)
                    continue;
                _thread = null;
                Disconnect();
                return;
            }
        }

        lock (_gate)
            Disconnect();
    }

    private void Ask(List<string> topics)
    {
        var (host, port) = settings.Bootstrap[_nextAddress % settings.Bootstrap.Count];
        try
        {
            var connection = _connection ?? Connected(new(host, port, settings.ClientId, fetcher.Frames, settings.RequestTimeout));
            var version = connection.VersionOf(ApiKey.Metadata, NewestMetadata);
            var request = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [.. topics.Select(static topic => new MetadataRequest.MetadataRequestTopic { Name = topic })] };
            using var answer = connection.Ask(request, version);
            fetcher.Led(answer.Read<MetadataResponse>());
        }
        catch (Exception e) when (e is SocketException or IOException or ProtocolException or ObjectDisposedException)
        {
            if (!_closing.IsSet)
                faults.Error(settings.ClientId, Native.ErrorCode.LocalTransport, $"{host}:{port}: {e.Message}");
            _nextAddress++;
            lock (_gate)
                Disconnect();
        }
    }

    private BrokerConnection Connected(BrokerConnection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            if (_closing.IsSet)
                connection.Dispose();
        }

        return connection;
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
