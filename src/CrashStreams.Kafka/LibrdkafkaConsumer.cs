using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>librdkafka fetches: records come in batches through <c>rd_kafka_consume_batch_queue</c>.</summary>
internal sealed unsafe class LibrdkafkaConsumer : KafkaConsumer
{
    private const string Eager = "EAGER";
    private readonly KafkaBatch _batch;
    private readonly HashSet<TopicPartition> _assigned = [];
    private readonly bool _readCommitted;

    public LibrdkafkaConsumer(ClientProperties properties, KafkaOptions options, bool readCommitted, ConnectionFaults faults)
        : base(properties, options, faults)
    {
        _batch = new(options.MaxPollRecords, Partitions);
        _readCommitted = readCommitted;
    }

    public override void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        Partitions.ForgetHandles();
        // Whose position is as told goes on, with what was fetched ahead of it.
        var gone = _assigned.Where(partition => !offsets.TryGetValue(partition, out var offset) || offset != Partitions.Of(partition).Position).ToList();
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
            Partitions.Of(partition).StartAt(offset);
        }

        if (added.Count > 0)
            KafkaError.ThrowIf(Librdkafka.rd_kafka_incremental_assign(Handle, added.Pointer), "Assigning partitions");
    }

    public override void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        using var list = PartitionList.Of(partitions);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_pause_partitions(Handle, list.Pointer), "Pausing");
        list.ThrowIfAnyFailed("Pausing");
    }

    public override void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        using var list = PartitionList.Of(partitions);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_resume_partitions(Handle, list.Pointer), "Resuming");
        list.ThrowIfAnyFailed("Resuming");
    }

    public override void Seek(TopicPartition partition, long offset)
    {
        using var list = PartitionList.Empty();
        list.Add(partition, offset);
        KafkaError.ThrowIf(Librdkafka.rd_kafka_seek_partitions(Handle, list.Pointer, RequestTimeoutMs), $"Seeking in {partition}");
        Partitions.Of(partition).StartAt(offset);
        if (list[0].Error != ErrorCode.LocalState)
            list.ThrowIfAnyFailed("Seeking");
        else if (!TryRestart(list))
            throw new LogException($"Seeking in {partition} failed: the partition is not assigned.");
    }

    public override long EndOffset(TopicPartition partition)
    {
        // librdkafka keeps the high watermark only. Reading committed, the end is the last stable offset, which a reader has met at
        // the end of the partition; while a transaction is open that lies below the high watermark.
        var progress = Partitions.Of(partition);
        if (_readCommitted && progress.End >= 0 && progress.End == progress.Position)
            return progress.End;
        if (!progress.IsHeardOf)
            return PartitionTable.Unknown;

        long low, high;
        var code = Librdkafka.rd_kafka_get_watermark_offsets(Handle, partition.Topic, partition.Partition, &low, &high);
        return code == ErrorCode.NoError && high >= 0 ? high : PartitionTable.Unknown;
    }

    public override long Position(TopicPartition partition)
    {
        var progress = Partitions.Of(partition);
        // After a seek librdkafka remembers the position before it until something has come.
        if (!progress.IsHeardOf || progress.Position == EndOffset(partition))
            return progress.Position;

        // librdkafka's own position has also passed the transaction markers behind the last record.
        using var list = PartitionList.Of([partition]);
        if (Librdkafka.rd_kafka_position(Handle, list.Pointer) == ErrorCode.NoError)
            progress.Position = Math.Max(progress.Position, list[0].Offset);
        return progress.Position;
    }

    protected override LogBatch Receive(int waitMs)
    {
        if (waitMs == 0 || _batch.Receive(Queue, waitMs, 1, Received) > 0)
            _batch.Receive(Queue, 0, int.MaxValue, Received);
        return _batch;
    }

    protected override void Release() => _batch.Release();

    protected override void EndFetching() => _batch.Release();

    protected override void Start(TopicPartition partition, long offset) => Partitions.Of(partition).StartAt(Math.Max(PartitionTable.Unknown, offset));

    protected override void Stop(TopicPartition partition) => Partitions.Of(partition).StartAt(PartitionTable.Unknown);

    protected override void ThrowIfFailed()
    {
        while (Received.TryPeekError(out var error))
        {
            // When the log can't be asked now, the next poll asks again.
            var goesOn = error.OutOfRange is { } partition && TryGoOn(partition);
            Received.ForgetError();
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
        var position = Partitions.Of(partition).Position;
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
        var code = Librdkafka.rd_kafka_query_watermark_offsets(Handle, partition.Topic, partition.Partition, &low, &high, RequestTimeoutMs);
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
            all[i].Offset = Partitions.Of(all.Partition(i)).Position is var position and >= 0 ? position : Librdkafka.OffsetBeginning;
        KafkaError.ThrowIf(Librdkafka.rd_kafka_assign(Handle, all.Pointer), "Seeking");
        return true;
    }
}
