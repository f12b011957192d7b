using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// Reads in batches through <c>rd_kafka_consume_batch_queue</c>. A rebalance that arrives within such a call waits until the next poll:
/// until then the partitions still belong to this member, so the records of the call are its own to process, and none of a
/// revoked partition is delivered after the listener has heard of it.
/// </summary>
internal sealed unsafe class KafkaConsumer : NativeClient, ILogConsumer
{
    private const string Eager = "EAGER";
    private const int FirstPatienceMs = 1_000;
    private readonly PartitionTable _partitions = new();
    private readonly ReceivedMessages _received;
    private readonly KafkaBatch _batch;
    private readonly Queue<Rebalance> _rebalances = [];
    private readonly HashSet<TopicPartition> _assigned = [];
    private readonly nint _queue;
    private readonly int _requestTimeoutMs;
    private readonly bool _readCommitted;
    private readonly bool _hearsByHeartbeat;
    private IReadOnlyCollection<string> _topics = [];
    private IAssignmentListener? _listener;
    private bool _isClosing;

    // Set by other threads: a yield of the queue alone may end a call that was not going to wait.
    private int _isWoken;

    public KafkaConsumer(ClientProperties properties, KafkaOptions options, bool readCommitted, ConnectionFaults faults)
        : base(Librdkafka.Consumer, properties, faults)
    {
        _received = new(_partitions);
        _batch = new(options.MaxPollRecords, _partitions);
        _requestTimeoutMs = (int)options.RequestTimeout.TotalMilliseconds;
        _readCommitted = readCommitted;
        _hearsByHeartbeat = properties.Values.GetValueOrDefault("group.protocol") == ClientProperties.ConsumerProtocol;
        Librdkafka.rd_kafka_poll_set_consumer(Handle);
        _queue = Librdkafka.rd_kafka_queue_get_consumer(Handle);
    }

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

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        _partitions.ForgetHandles();
        // Whose position is as told goes on, with what was fetched ahead of it.
        var gone = _assigned.Where(partition => !offsets.TryGetValue(partition, out var offset) || offset != _partitions.Of(partition).Position).ToList();
        if (gone.Count > 0)
        {
            using var list = PartitionList.Of(gone);
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_unassign(Handle, list.Pointer), "Assigning partitions");
            _assigned.ExceptWith(gone);
        }

        using var added = PartitionList.Empty();
        foreach (var (partition, offset) in offsets)
        {
            if (!_assigned.Add(partition))
                continue;
            added.Add(partition, offset);
            _partitions.Of(partition).StartAt(offset);
        }

        if (added.Count > 0)
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_assign(Handle, added.Pointer), "Assigning partitions");
    }

    public LogBatch Poll(TimeSpan maxWait)
    {
        _batch.Release();
        ThrowIfFailed();
        ServeRebalances();

        _batch.Receive(_queue, 0, int.MaxValue, _received);
        if (_batch.Count == 0 && maxWait > TimeSpan.Zero && _rebalances.Count == 0 && Interlocked.Exchange(ref _isWoken, 0) == 0)
        {
            // An event, such as the end of a partition, ends the wait too.
            var waitMs = (int)Math.Min(int.MaxValue, Math.Ceiling(maxWait.TotalMilliseconds));
            if (_batch.Receive(_queue, waitMs, 1, _received) > 0)
                _batch.Receive(_queue, 0, int.MaxValue, _received);
        }

        if (_batch.Count > 0)
        {
            Answered();
            return _batch;
        }

        if (FatalError() is { } fatal)
            throw fatal;
        ThrowIfFailed();
        ServeRebalances();
        return _batch;
    }

    public void Wake()
    {
        Volatile.Write(ref _isWoken, 1);
        Librdkafka.rd_kafka_queue_yield(_queue);
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        using var list = PartitionList.Of(partitions);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_pause_partitions(Handle, list.Pointer), "Pausing");
        list.ThrowIfAnyFailed("Pausing");
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        using var list = PartitionList.Of(partitions);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_resume_partitions(Handle, list.Pointer), "Resuming");
        list.ThrowIfAnyFailed("Resuming");
    }

    public void Seek(TopicPartition partition, long offset)
    {
        using var list = PartitionList.Empty();
        list.Add(partition, offset);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_seek_partitions(Handle, list.Pointer, _requestTimeoutMs), $"Seeking in {partition}");
        _partitions.Of(partition).StartAt(offset);
        if (list[0].Error != ErrorCode.LocalState)
            list.ThrowIfAnyFailed("Seeking");
        else if (!TryRestart(list))
            throw new LogException($"Seeking in {partition} failed: the partition is not assigned.");
    }

    public long EndOffset(TopicPartition partition)
    {
        // librdkafka keeps the high watermark only. Reading committed, the end is the last stable offset, which a reader has met at
        // the end of the partition; while a transaction is open that lies below the high watermark.
        var progress = _partitions.Of(partition);
        if (_readCommitted && progress.End >= 0 && progress.End == progress.Position)
            return progress.End;
        if (!progress.IsHeardOf)
            return PartitionTable.Unknown;

        long low, high;
        var code = Librdkafka.rd_kafka_get_watermark_offsets(Handle, partition.Topic, partition.Partition, &low, &high);
        return code == ErrorCode.NoError && high >= 0 ? high : PartitionTable.Unknown;
    }

    public long Position(TopicPartition partition)
    {
        var progress = _partitions.Of(partition);
        // After a seek librdkafka remembers the position before it until something has come.
        if (!progress.IsHeardOf || progress.Position == EndOffset(partition))
            return progress.Position;

        // librdkafka's own position has also passed the transaction markers behind the last record.
        using var list = PartitionList.Of([partition]);
        if (Librdkafka.rd_kafka_position(Handle, list.Pointer) == ErrorCode.NoError)
            progress.Position = Math.Max(progress.Position, list[0].Offset);
        return progress.Position;
    }

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

        _batch.Release();
        _isClosing = true;
        while (_rebalances.TryDequeue(out var rebalance))
        {
            rebalance.Partitions.Dispose();
            Librdkafka.rd_kafka_assign(Handle, null);
        }

        Librdkafka.rd_kafka_consumer_close(Handle);
        Librdkafka.rd_kafka_queue_destroy(_queue);
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
        Librdkafka.rd_kafka_queue_yield(_queue);
    }

    private void ThrowIfFailed()
    {
        while (_received.TryPeekError(out var error))
        {
            // When the log can't be asked now, the next poll asks again.
            var goesOn = error.OutOfRange is { } partition && TryGoOn(partition);
            _received.ForgetError();
            if (!goesOn)
                throw error;
        }
    }

    /// <summary>
    /// Under load librdkafka asks a second time for an offset before it notices the answer that this one is out of range. The second answer may come after
    /// a seek; it then stops the reader at an offset that exists. So an offset is out of range when the log says so now. A reader that was to start at
    /// the beginning has missed nothing when that has moved before it got there.
    /// </summary>
    private bool TryGoOn(TopicPartition partition)
    {
        var position = _partitions.Of(partition).Position;
        if (position >= 0 && !IsInLog(partition, position))
            return false;
        using var list = PartitionList.Empty();
        list.Add(partition, position >= 0 ? position : Librdkafka.OffsetBeginning);
        // False when it is not assigned any more: there is nothing to go on with, and nothing to tell.
        _ = TryRestart(list);
        return true;
    }

    private bool IsInLog(TopicPartition partition, long offset)
    {
        long low, high;
        var code = Librdkafka.rd_kafka_query_watermark_offsets(Handle, partition.Topic, partition.Partition, &low, &high, _requestTimeoutMs);
        KafkaError.ThrowIf(code, $"Asking where the log of {partition} begins and ends");
        return offset >= low && offset <= high;
    }

    /// <summary>Reads on a partition whose fetcher has stopped, after an offset that the log does not hold: only assigning it anew starts it. False: it is not assigned.</summary>
    private bool TryRestart(PartitionList stopped)
    {
        NativePartitionList* assigned;
        KafkaError.ThrowIf(Librdkafka.rd_kafka_assignment(Handle, &assigned), "Asking for the assignment");
        using var all = new PartitionList(assigned);
        if (!all.ToArray().Contains(stopped.Partition(0)))
            return false;

        if (Protocol != Eager)
        {
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_unassign(Handle, stopped.Pointer), "Seeking");
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_assign(Handle, stopped.Pointer), "Seeking");
            return true;
        }

        // An eager group only takes whole assignments: the others go on where they stand.
        for (var i = 0; i < all.Count; i++)
            all[i].Offset = _partitions.Of(all.Partition(i)).Position is var position and >= 0 ? position : Librdkafka.OffsetBeginning;
        KafkaError.ThrowIf(Librdkafka.rd_kafka_assign(Handle, all.Pointer), "Seeking");
        return true;
    }

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
            _partitions.Of(added[i]).StartAt(Math.Max(PartitionTable.Unknown, list[i].Offset));
        }

        if (IsIncremental)
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_assign(Handle, list.Pointer), "Assigning partitions");
        else
            KafkaError.ThrowIf(Librdkafka.rd_kafka_assign(Handle, list.Pointer), "Assigning partitions");
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
                _partitions.Of(partition).StartAt(PartitionTable.Unknown);
            Finish(rebalance);
        }
    }

    /// <summary>NONE outside of a group, else <see cref="Eager"/> or COOPERATIVE, which is also what KIP-848 counts as.</summary>
    private string Protocol => Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_rebalance_protocol(Handle)) ?? "NONE";

    private bool IsIncremental => Protocol == "COOPERATIVE";

    private void Finish(Rebalance rebalance)
    {
        _partitions.ForgetHandles();
        _rebalances.Dequeue();
        rebalance.Partitions.Dispose();
    }

    // An answer that is lost, or that waits for the coordinator, takes up the whole timeout of a request: until then it is asked for again.
    private ErrorCode AskForCommitted(PartitionList list)
    {
        var left = _requestTimeoutMs;
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
