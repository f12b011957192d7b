using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Kafka.Fetching;

/// <summary>Fetches from one broker what it leads, on a thread and a connection of its own: one request after the other, as long as there is room ahead of the polls.</summary>
internal sealed class BrokerFetcher : IDisposable
{
    // With topic ids from 13 on; later versions add what brokers tell each other, and hints that metadata gives as well.
    private const short NewestFetch = 15, NewestListOffsets = 7, OldestFetch = 4;
    private const long Beginning = -2;
    private const int FirstBackoffMs = 20, LastBackoffMs = 1_000;
    private readonly Fetcher _fetcher;
    private readonly int _broker;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _closing = new();
    private readonly FetchSession _session = new();
    private readonly List<WantedFetch> _wanted = [];
    private BrokerConnection? _connection;
    private (string Host, int Port) _address;
    private int _backoffMs = FirstBackoffMs;

    public BrokerFetcher(Fetcher fetcher, int broker)
    {
        (_fetcher, _broker) = (fetcher, broker);
        _thread = new(Run) { IsBackground = true, Name = $"{fetcher.Settings.ClientId} fetches from {broker}" };
        _thread.Start();
    }

    private FetchSettings Settings => _fetcher.Settings;

    /// <summary>Where the broker listens. Any thread may say so.</summary>
    public void IsAt(string host, int port)
    {
        lock (_gate)
            _address = (host, port);
    }

    /// <summary>Ends its thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing.Set();
            _connection?.Dispose();
        }

        _thread.Join();
    }

    private void Run()
    {
        while (_fetcher.AwaitWanted(_broker, _wanted))
        {
            try
            {
                var connection = _connection ?? Connect();
                if (_wanted.Exists(static wanted => wanted.Offset < 0))
                    FindBeginnings(connection);
                else
                    Fetch(connection);
                _backoffMs = FirstBackoffMs;
            }
            catch (Exception e) when (e is SocketException or IOException or ProtocolException or ObjectDisposedException)
            {
                Disconnect(e);
                if (_closing.Wait(_backoffMs))
                    return;
                _backoffMs = Math.Min(2 * _backoffMs, LastBackoffMs);
            }
        }

        Disconnect(null);
    }

    private BrokerConnection Connect()
    {
        (string Host, int Port) address;
        lock (_gate)
            address = _address;
        var connection = new BrokerConnection(address.Host, address.Port, Settings.ClientId, _fetcher.Frames, Settings.RequestTimeout + TimeSpan.FromMilliseconds(Settings.MaxWaitMs));
        lock (_gate)
        {
            _connection = connection;
            if (_closing.IsSet)
                connection.Dispose();
        }

        if (connection.VersionOf(ApiKey.Fetch, NewestFetch) < OldestFetch)
            throw new ProtocolException("The broker is older than Kafka 0.11.");
        return connection;
    }

    private void Disconnect(Exception? reason)
    {
        lock (_gate)
        {
            _connection?.Dispose();
            _connection = null;
            if (reason is not null && !_closing.IsSet)
                _fetcher.Faults.Error(Settings.ClientId, Native.ErrorCode.LocalTransport, $"{_address.Host}:{_address.Port}: {reason.Message}");
        }

        _session.Reset();
        if (reason is not null)
            _fetcher.Lost(_broker);
    }

    private void FindBeginnings(BrokerConnection connection)
    {
        var request = new ListOffsetsRequest { ReplicaId = -1, IsolationLevel = IsolationLevel };
        var asked = new Dictionary<(string, int), WantedFetch>();
        foreach (var wanted in _wanted.Where(static wanted => wanted.Offset < 0))
        {
            var (topic, partition) = wanted.Of.Partition;
            asked[(topic, partition)] = wanted;
            if (request.Topics.Find(t => t.Name == topic) is not { } named)
                request.Topics.Add(named = new() { Name = topic });
            named.Partitions.Add(new() { PartitionIndex = partition, CurrentLeaderEpoch = wanted.LeaderEpoch, Timestamp = Beginning });
        }

        using var answer = connection.Ask(request, connection.VersionOf(ApiKey.ListOffsets, NewestListOffsets));
        foreach (var topic in answer.Read<ListOffsetsResponse>().Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (asked.TryGetValue((topic.Name, partition.PartitionIndex), out var wanted))
                    _fetcher.Begin(wanted, partition.ErrorCode, partition.Offset);
            }
        }
    }

    private void Fetch(BrokerConnection connection)
    {
        var version = connection.VersionOf(ApiKey.Fetch, NewestFetch);
        var request = _session.Request(_wanted, version, Settings.PartitionBytes);
        (request.MaxWaitMs, request.MinBytes, request.MaxBytes, request.IsolationLevel) = (Settings.MaxWaitMs, Settings.MinBytes, Settings.MaxBytes, IsolationLevel);
        using var answer = connection.Ask(request, version);
        var response = answer.Read<FetchResponse>();
        if (!_session.Answered(response))
            return;

        foreach (var topic in response.Responses)
        {
            foreach (var partition in topic.Partitions)
            {
                if (_session.TryFind(topic.TopicId, topic.Topic, partition.PartitionIndex, out var wanted))
                    _fetcher.Take(wanted, partition, answer.Frame);
            }
        }

        if (response.Responses.Count > 0)
            _fetcher.Took();
    }

    private sbyte IsolationLevel => (sbyte)(Settings.ReadCommitted ? 1 : 0);
}
