using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// A member of a group through librdkafka; how records come is its heirs' part. A rebalance that arrives within a poll waits until the next one:
/// until then the partitions still belong to this member, so the records of the poll are its own to process, and none of a
/// revoked partition is delivered after the listener has heard of it.
/// </summary>
internal abstract unsafe class KafkaConsumer : NativeClient, ILogConsumer
{
    private const int FirstPatienceMs = 1_000;
    private readonly Queue<Rebalance> _rebalances = [];
    private readonly bool _hearsByHeartbeat;
    private IReadOnlyCollection<string> _topics = [];
    private IAssignmentListener? _listener;
    private bool _isClosing;

    // Held by threads that wake it. Leaving the group waits on the queue, so that a yield would end it early, and then the queue is gone.
    private readonly Lock _waking = new();

    // Set by other threads: a yield of the queue alone may end a call that was not going to wait.
    private int _isWoken;

    protected KafkaConsumer(ClientProperties properties, KafkaOptions options, ConnectionFaults faults)
        : base(Librdkafka.Consumer, properties, faults)
    {
        Received = new(Partitions);
        RequestTimeoutMs = (int)options.RequestTimeout.TotalMilliseconds;
        _hearsByHeartbeat = properties.Values.GetValueOrDefault("group.protocol") == ClientProperties.ConsumerProtocol;
        Librdkafka.rd_kafka_poll_set_consumer(Handle);
        Queue = Librdkafka.rd_kafka_queue_get_consumer(Handle);
    }

    /// <summary>What librdkafka has for the consumer's thread: changes of the group, errors, and records where it fetches them.</summary>
    protected nint Queue { get; }

    protected PartitionTable Partitions { get; } = new();

    protected ReceivedMessages Received { get; }

    protected int RequestTimeoutMs { get; }

    public object GroupIdentity => new GroupIdentity(Librdkafka.rd_kafka_consumer_group_metadata(Handle));

    /// <summary>Whether the broker refused the group protocol of KIP-848.</summary>
    public bool LacksGroupProtocol => FatalCode is ErrorCode.UnsupportedVersion or ErrorCode.LocalUnsupportedFeature;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener)
    {
        _listener = listener;
        _topics = topics;
        KafkaError.ThrowIf(SendSubscription(), $"Subscribing to {string.Join(", ", topics)}");
    }

    public void AskGroup()
    {
        // A member by KIP-848 hears of changes in the answers to its heartbeats, every 5 s by default; librdkafka sends one with each subscription, also with the one that it has. To a
        // classic group a subscription would be a reason to rebalance, and its members are told soon. It is advice only: what is wrong with the client the next poll says.
        if (_hearsByHeartbeat && _topics.Count > 0)
            _ = SendSubscription();
    }

    private ErrorCode SendSubscription()
    {
        using var list = PartitionList.Of(_topics.Select(topic => new TopicPartition(topic, -1)));
        return Librdkafka.rd_kafka_subscribe(Handle, list.Pointer);
    }

    public abstract void Assign(IReadOnlyDictionary<TopicPartition, long> offsets);

    public LogBatch Poll(TimeSpan maxWait)
    {
        Release();
        ThrowIfFailed();
        ServeRebalances();

        var batch = Receive(0);
        if (batch.Count == 0 && maxWait > TimeSpan.Zero && _rebalances.Count == 0 && Interlocked.Exchange(ref _isWoken, 0) == 0)
        {
            // An event, such as the end of a partition, ends the wait too.
            batch = Receive((int)Math.Min(int.MaxValue, Math.Ceiling(maxWait.TotalMilliseconds)));
        }

        if (batch.Count > 0)
        {
            Answered();
            return batch;
        }

        if (FatalError() is { } fatal)
            throw fatal;
        ThrowIfFailed();
        ServeRebalances();
        return batch;
    }

    public void Wake()
    {
        Volatile.Write(ref _isWoken, 1);
        lock (_waking)
        {
            if (!_isClosing)
                Librdkafka.rd_kafka_queue_yield(Queue);
        }
    }

    public abstract void Pause(IReadOnlyCollection<TopicPartition> partitions);

    public abstract void Resume(IReadOnlyCollection<TopicPartition> partitions);

    public abstract void Seek(TopicPartition partition, long offset);

    public abstract long EndOffset(TopicPartition partition);

    public abstract long Position(TopicPartition partition);

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions)
    {
        var committed = new Dictionary<TopicPartition, OffsetAndMetadata>();
        if (partitions.Count == 0)
            return committed;

        using var list = PartitionList.Of(partitions);
        KafkaError.ThrowIf(AskForCommitted(list), $"Asking for the committed offsets of {Who}");
        list.ThrowIfAnyFailed($"{Who}: asking for the committed offset");
        for (var i = 0; i < list.Count; i++)
            if (list[i].Offset >= 0)
                committed[list.Partition(i)] = new(list[i].Offset, list.Metadata(i));
        return committed;
    }

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        if (offsets.Count == 0)
            return;

        using var list = PartitionList.Empty();
        foreach (var (partition, offset) in offsets)
            list.Add(Handle, partition, offset);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_commit(Handle, list.Pointer, 0), $"Committing offsets of {Who}");
        list.ThrowIfAnyFailed($"{Who}: committing the offset");
    }

    /// <summary>Leaves the group. The listener hears nothing of it: what is to be committed is committed before.</summary>
    public void Dispose()
    {
        if (IsClosed)
            return;

        EndFetching();
        lock (_waking)
            _isClosing = true;
        while (_rebalances.TryDequeue(out var rebalance))
        {
            rebalance.Partitions.Dispose();
            Librdkafka.rd_kafka_assign(Handle, null);
        }

        Librdkafka.rd_kafka_consumer_close(Handle);
        Librdkafka.rd_kafka_queue_destroy(Queue);
        DestroyHandle();
    }

    protected override void Rebalanced(ErrorCode code, NativePartitionList* partitions)
    {
        if (_isClosing)
        {
            Librdkafka.rd_kafka_assign(Handle, null);
            return;
        }

        var isLost = Librdkafka.rd_kafka_assignment_lost(Handle) != 0;
        _rebalances.Enqueue(new(code, new(Librdkafka.rd_kafka_topic_partition_list_copy(partitions)), isLost));
        Librdkafka.rd_kafka_queue_yield(Queue);
    }

    /// <summary>Takes what has come, and waits for it when nothing has.</summary>
    protected abstract LogBatch Receive(int waitMs);

    /// <summary>Gives back the last poll's records.</summary>
    protected abstract void Release();

    /// <summary>Gives back all that was fetched, and fetches no more.</summary>
    protected abstract void EndFetching();

    /// <summary>A partition was assigned, and is read from here on (or from the log's beginning).</summary>
    protected abstract void Start(TopicPartition partition, long offset);

    /// <summary>A partition is not assigned any more.</summary>
    protected abstract void Stop(TopicPartition partition);

    /// <summary>librdkafka has got a new assignment.</summary>
    protected virtual void AssignmentChanged(PartitionList added)
    {
    }

    /// <summary>Throws the oldest error that was received.</summary>
    protected abstract void ThrowIfFailed();

    private void ServeRebalances()
    {
        while (_rebalances.TryPeek(out var rebalance))
        {
            if (rebalance.Code == ErrorCode.LocalAssignPartitions)
                Add(rebalance);
            else
                Remove(rebalance);
        }
    }

    private void Add(Rebalance rebalance)
    {
        var list = rebalance.Partitions;
        var added = list.ToArray();
        // Kept with the rebalance: when the committed offsets can't be had now, the next poll asks again for them alone.
        var starts = rebalance.Starts ??= _listener!.Assigned(added);
        var committed = Committed(Array.FindAll(added, partition => !starts.ContainsKey(partition)));
        for (var i = 0; i < added.Length; i++)
        {
            if (starts.TryGetValue(added[i], out var start))
                list[i].Offset = start;
            else
                list[i].Offset = committed.TryGetValue(added[i], out var offset) ? offset.Offset : Librdkafka.OffsetBeginning;
            Start(added[i], list[i].Offset);
        }

        if (IsIncremental)
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_assign(Handle, list.Pointer), "Assigning partitions");
        else
            KafkaError.ThrowIf(Librdkafka.rd_kafka_assign(Handle, list.Pointer), "Assigning partitions");
        AssignmentChanged(list);
        Finish(rebalance);
    }

    private void Remove(Rebalance rebalance)
    {
        var removed = rebalance.Partitions.ToArray();
        try
        {
            if (removed.Length == 0)
                return;
            if (rebalance.IsLost)
                _listener!.Lost(removed);
            else
                _listener!.Revoked(removed);
        }
        finally
        {
            if (IsIncremental)
                KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_unassign(Handle, rebalance.Partitions.Pointer), "Giving partitions up");
            else
                KafkaError.ThrowIf(Librdkafka.rd_kafka_assign(Handle, null), "Giving partitions up");
            foreach (var partition in removed)
                Stop(partition);
            Finish(rebalance);
        }
    }

    /// <summary>NONE outside of a group, else EAGER or COOPERATIVE, which is also what KIP-848 counts as.</summary>
    protected string Protocol => Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_rebalance_protocol(Handle)) ?? "NONE";

    private bool IsIncremental => Protocol == "COOPERATIVE";

    private void Finish(Rebalance rebalance)
    {
        Partitions.ForgetHandles();
        _rebalances.Dequeue();
        rebalance.Partitions.Dispose();
    }

    // An answer that is lost, or that waits for the coordinator, takes up the whole timeout of a request: until then it is asked for again.
    private ErrorCode AskForCommitted(PartitionList list)
    {
        var left = RequestTimeoutMs;
        for (var patience = FirstPatienceMs; ; patience *= 2)
        {
            patience = Math.Min(patience, left);
            var code = Librdkafka.rd_kafka_committed(Handle, list.Pointer, patience);
            left -= patience;
            if (code != ErrorCode.LocalTimedOut || left <= 0)
                return code;
        }
    }

    private sealed record Rebalance(ErrorCode Code, PartitionList Partitions, bool IsLost)
    {
        public IReadOnlyDictionary<TopicPartition, long>? Starts { get; set; }
    }
}
