using System.Diagnostics.CodeAnalysis;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;
using CrashStreams.Protocol.Messages;
using WireError = CrashStreams.Protocol.ErrorCode;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// Fetches the partitions that one consumer reads, ahead of its polls, from the brokers that lead them: a thread for each broker (<see cref="BrokerFetcher"/>), and one while leaders are
/// looked for (<see cref="Leaders"/>). Members are for the consumer's thread, where they don't say otherwise.
/// </summary>
internal sealed class Fetcher : IDisposable
{
    private const int RefusedBackoffMs = 1_000, DoubtMs = 50;

    // Guards the state of partitions and what was fetched; its threads wait on it for changes.
    private readonly object _gate = new();
    private readonly FetchSettings _settings;
    private readonly PartitionTable _table;
    private readonly Action _wake;
    private readonly Dictionary<TopicPartition, PartitionFetch> _partitions = [];
    private readonly Dictionary<int, BrokerFetcher> _brokers = [];
    private readonly Queue<FetchedRun> _ready = [];
    private readonly Queue<LogException> _errors = [];
    private readonly Leaders _leaders;
    private FetchedRun? _open;
    private long _waiting;
    private bool _isClosed;

    /// <summary>Fetches nothing yet.</summary>
    /// <param name="settings">How to fetch.</param>
    /// <param name="table">Where positions are kept.</param>
    /// <param name="faults">Hears why brokers can't be reached.</param>
    /// <param name="wake">Called by its threads when there is something to poll.</param>
    public Fetcher(FetchSettings settings, PartitionTable table, ConnectionFaults faults, Action wake)
    {
        (_settings, _table, _wake) = (settings, table, wake);
        _leaders = new(settings, faults, this);
        Faults = faults;
        Frames = new(2L * settings.AheadBytes);
    }

    public FetchSettings Settings => _settings;

    public ConnectionFaults Faults { get; }

    /// <summary>Where answers lie. Any thread may use it.</summary>
    public FramePool Frames { get; }

    /// <summary>Reads this partition from an offset on, or from the log's beginning.</summary>
    public void Start(TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            if (!_partitions.TryGetValue(partition, out var fetch))
                _partitions.Add(partition, fetch = new(partition, _table.IndexOf(partition), _table.Of(partition)));
            fetch.StartAt(offset);
            LookForLeaders();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Reads this partition no more.</summary>
    public void Stop(TopicPartition partition)
    {
        lock (_gate)
        {
            if (!_partitions.Remove(partition, out var fetch))
                return;
            fetch.Drop();
            fetch.Progress.StartAt(PartitionTable.Unknown);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>What is read, or paused.</summary>
    public IReadOnlyCollection<TopicPartition> Assigned => _partitions.Keys;

    /// <summary>Whether the partition is.</summary>
    public bool IsAssigned(TopicPartition partition) => _partitions.ContainsKey(partition);

    public void Pause(TopicPartition partition)
    {
        lock (_gate)
            Of(partition, "Pausing").Pause();
    }

    public void Resume(TopicPartition partition)
    {
        lock (_gate)
        {
            Of(partition, "Resuming").Resume();
            Monitor.PulseAll(_gate);
        }
    }

    public void Seek(TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            Of(partition, "Seeking in").StartAt(offset);
            LookForLeaders();
            Monitor.PulseAll(_gate);
        }
    }

    public long Position(TopicPartition partition)
    {
        lock (_gate)
            return _table.Of(partition).Position;
    }

    public long End(TopicPartition partition)
    {
        lock (_gate)
            return _table.Of(partition).End;
    }

    /// <summary>Moves what has come into a poll's batch.</summary>
    public void MoveTo(FetchedBatch batch)
    {
        while (!batch.IsFull)
        {
            lock (_gate)
            {
                _open ??= _ready.TryDequeue(out var next) ? next : null;
                if (_open is null)
                    return;
                if (_open.Generation != _open.Partition.Generation)
                {
                    _open.Drop();
                    Finished(_open);
                    continue;
                }
            }

            try
            {
                if (!_open.MoveTo(batch))
                    return;
            }
            catch (LogException e)
            {
                Fail(_open.Partition, e);
            }

            lock (_gate)
                Finished(_open);
        }
    }

    /// <summary>An error that is told once.</summary>
    public bool TryTakeError([MaybeNullWhen(false)] out LogException error)
    {
        lock (_gate)
            return _errors.TryDequeue(out error);
    }

    /// <summary>Ends its threads.</summary>
    public void Dispose()
    {
        List<BrokerFetcher> brokers;
        lock (_gate)
        {
            _isClosed = true;
            brokers = [.. _brokers.Values];
            Monitor.PulseAll(_gate);
        }

        _leaders.Dispose();
        foreach (var broker in brokers)
            broker.Dispose();
        _open?.Drop();
        while (_ready.TryDequeue(out var run))
            run.Drop();
    }

    /// <summary>Waits until there is something to fetch from this broker. Its thread calls it; false: there never will be.</summary>
    public bool AwaitWanted(int broker, List<WantedFetch> wanted)
    {
        wanted.Clear();
        lock (_gate)
        {
            while (!_isClosed)
            {
                var wait = Wanted(broker, wanted);
                if (wanted.Count > 0)
                    return true;
                Monitor.Wait(_gate, wait);
            }

            return false;
        }
    }

    /// <summary>Takes what a broker has said of the beginnings of logs. Its thread calls it.</summary>
    public void Begin(WantedFetch wanted, WireError error, long offset)
    {
        lock (_gate)
        {
            if (wanted.Generation != wanted.Of.Generation)
                return;
            if (error == WireError.None)
                wanted.Of.BeginsAt(offset);
            else
                Refused(wanted.Of, error);
        }
    }

    /// <summary>Takes a broker's answer for one partition. Its thread calls it, and <see cref="Took"/> after the last one.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="data">The answer.</param>
    /// <param name="frame">The memory that it lies in.</param>
    public void Take(WantedFetch wanted, FetchResponse.PartitionData data, Frame frame)
    {
        var fetch = wanted.Of;
        var next = wanted.Offset;
        var records = data.Records.IsNull ? default : data.Records.Memory;
        var isWhole = data.ErrorCode != WireError.None || records.Length == 0 || FetchedRun.TryWalk(ref records, ref next);
        lock (_gate)
        {
            if (wanted.Generation != fetch.Generation || _isClosed)
                return;
            if (data.ErrorCode != WireError.None)
            {
                Refused(fetch, data.ErrorCode);
                return;
            }

            fetch.Progress.End = _settings.ReadCommitted ? data.LastStableOffset : data.HighWatermark;
            if (records.Length > 0)
            {
                var run = new FetchedRun(fetch, frame, records, _settings.ReadCommitted ? AbortedTransactions.Of(data.AbortedTransactions) : null);
                fetch.Waiting += run.Bytes;
                _waiting += run.Bytes;
                fetch.Fetched(next);
                _ready.Enqueue(run);
            }

            if (!isWhole)
                Stop(fetch, FetchErrors.Damaged(fetch.Partition, next));
        }
    }

    /// <summary>An answer has been taken. A broker's thread calls it.</summary>
    public void Took()
    {
        lock (_gate)
        {
            if (!_isClosed)
                _wake();
        }
    }

    /// <summary>A broker can't be reached: others may lead its partitions by now. A broker's thread calls it.</summary>
    public void Lost(int broker)
    {
        lock (_gate)
        {
            foreach (var fetch in _partitions.Values)
            {
                if (fetch.Leader == broker)
                    LoseLeader(fetch);
            }
        }
    }

    /// <summary>The topics of which a partition has no leader. The thread that looks for leaders calls it.</summary>
    public List<string> Leaderless()
    {
        lock (_gate)
            return _isClosed ? [] : [.. _partitions.Values.Where(static fetch => fetch.Leader < 0 && !fetch.IsStopped).Select(static fetch => fetch.Partition.Topic).Distinct()];
    }

    /// <summary>A broker said who leads these partitions. The thread that looks for leaders calls it.</summary>
    public void Led(MetadataResponse metadata)
    {
        lock (_gate)
        {
            foreach (var topic in metadata.Topics)
            {
                foreach (var partition in topic.Partitions)
                {
                    if (topic.ErrorCode == WireError.None && _partitions.TryGetValue(new(topic.Name ?? "", partition.PartitionIndex), out var fetch) && fetch.Leader < 0)
                        Lead(fetch, topic.TopicId, partition, metadata.Brokers);
                }
            }

            TellMissing();
            Monitor.PulseAll(_gate);
        }
    }

    private void Finished(FetchedRun run)
    {
        _open = null;
        run.Partition.Waiting -= run.Bytes;
        _waiting -= run.Bytes;
        Monitor.PulseAll(_gate);
    }

    private void Fail(PartitionFetch fetch, LogException error)
    {
        lock (_gate)
            Stop(fetch, error);
        _open!.Drop();
    }

    private void Stop(PartitionFetch fetch, LogException error)
    {
        fetch.IsStopped = true;
        fetch.Drop();
        _errors.Enqueue(error);
    }

    // How long to wait when there is nothing.
    private int Wanted(int broker, List<WantedFetch> wanted)
    {
        if (_waiting >= _settings.AheadBytes)
            return Timeout.Infinite;

        var wait = (long)Timeout.Infinite;
        var now = Environment.TickCount64;
        var most = Math.Max(2 * _settings.PartitionBytes, _settings.AheadBytes / Math.Max(1, _partitions.Count));
        foreach (var fetch in _partitions.Values)
        {
            if (fetch.Leader != broker || fetch.IsPaused || fetch.IsStopped || fetch.Waiting >= most)
                continue;
            if (fetch.RetryAt > now)
                wait = wait < 0 ? fetch.RetryAt - now : Math.Min(wait, fetch.RetryAt - now);
            else
                wanted.Add(new(fetch, fetch.NextFetch, fetch.Generation, fetch.LeaderEpoch, fetch.TopicId));
        }

        return (int)wait;
    }

    private void Refused(PartitionFetch fetch, WireError error)
    {
        if (FetchErrors.IsLeaderLost(error))
        {
            LoseLeader(fetch);
        }
        else if (error != WireError.OffsetOutOfRange)
        {
            fetch.RetryAt = Environment.TickCount64 + RefusedBackoffMs;
            _errors.Enqueue(FetchErrors.Answered(fetch.Partition, error));
        }
        else if (fetch.IsFromBeginning && fetch.Progress.Position == fetch.NextFetch && fetch.Progress.Position == fetch.Progress.Start)
        {
            // The beginning has moved before anything was read: nothing is missed.
            fetch.StartAt(Librdkafka.OffsetBeginning);
        }
        else if (!fetch.IsDoubted)
        {
            // A leader that has just been elected may say so of what it is about to hear of. What is told twice is so.
            (fetch.IsDoubted, fetch.RetryAt) = (true, Environment.TickCount64 + DoubtMs);
        }
        else
        {
            Stop(fetch, FetchErrors.OutOfRange(fetch.Partition, fetch.NextFetch, KafkaError.Text(FetchErrors.Of(error))));
        }
    }

    private void LoseLeader(PartitionFetch fetch)
    {
        (fetch.Leader, fetch.LostSince) = (-1, Environment.TickCount64);
        LookForLeaders();
    }

    private void LookForLeaders()
    {
        if (!_isClosed)
            _leaders.Look();
    }

    private void Lead(PartitionFetch fetch, Guid topicId, MetadataResponse.MetadataResponsePartition partition, List<MetadataResponse.MetadataResponseBroker> brokers)
    {
        if (fetch.TopicId != Guid.Empty && topicId != Guid.Empty && fetch.TopicId != topicId)
        {
            // Other records have these offsets now.
            fetch.TopicId = topicId;
            fetch.LeaderEpoch = -1;
            Stop(fetch, FetchErrors.OutOfRange(fetch.Partition, fetch.NextFetch, "the topic was made anew"));
            return;
        }

        // What a broker says that has not heard of the newest election is no news (KIP-320).
        if (partition.LeaderId < 0 || partition.LeaderEpoch < fetch.LeaderEpoch || brokers.Find(b => b.NodeId == partition.LeaderId) is not { } broker)
            return;
        (fetch.Leader, fetch.LeaderEpoch, fetch.TopicId) = (partition.LeaderId, partition.LeaderEpoch, topicId);
        if (!_brokers.TryGetValue(broker.NodeId, out var fetcher))
            _brokers.Add(broker.NodeId, fetcher = new(this, broker.NodeId));
        fetcher.IsAt(broker.Host, broker.Port);
    }

    private void TellMissing()
    {
        var now = Environment.TickCount64;
        foreach (var fetch in _partitions.Values)
        {
            if (fetch.Leader >= 0 || fetch.IsStopped || now - fetch.LostSince < Leaders.PropagationMs)
                continue;
            fetch.LostSince = now;
            _errors.Enqueue(FetchErrors.Answered(fetch.Partition, WireError.UnknownTopicOrPartition));
            _wake();
        }
    }

    private PartitionFetch Of(TopicPartition partition, string what) =>
        _partitions.TryGetValue(partition, out var fetch) ? fetch : throw new LogException($"{what} {partition} failed: the partition is not assigned.");
}
