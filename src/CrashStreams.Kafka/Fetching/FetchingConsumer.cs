using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// Fetches by itself (<see cref="Fetcher"/>): librdkafka keeps the group, its offsets and the errors of both, and fetches nothing, because all that it is assigned is paused there.
/// </summary>
internal sealed unsafe class FetchingConsumer : KafkaConsumer
{
    private const int MaxEvents = 64;
    private readonly nint[] _events = GC.AllocateArray<nint>(MaxEvents, pinned: true);
    private readonly FetchedBatch _batch;
    private readonly Fetcher _fetcher;

    public FetchingConsumer(ClientProperties properties, KafkaOptions options, bool readCommitted, ConnectionFaults faults)
        : base(properties, options, faults)
    {
        _batch = new(options.MaxPollRecords, Partitions);
        _fetcher = new(FetchSettings.Of(properties, options, readCommitted), Partitions, faults, () => Librdkafka.rd_kafka_queue_yield(Queue));
    }

    public override void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        foreach (var partition in _fetcher.Assigned.Where(partition => !offsets.ContainsKey(partition)).ToList())
            _fetcher.Stop(partition);
        // Whose position is as told goes on, with what was fetched ahead of it.
        foreach (var (partition, offset) in offsets)
        {
            if (!_fetcher.IsAssigned(partition) || _fetcher.Position(partition) != offset)
                _fetcher.Start(partition, offset);
        }
    }

    public override void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _fetcher.Pause(partition);
    }

    public override void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _fetcher.Resume(partition);
    }

    public override void Seek(TopicPartition partition, long offset) => _fetcher.Seek(partition, offset);

    public override long EndOffset(TopicPartition partition) => _fetcher.End(partition);

    public override long Position(TopicPartition partition) => _fetcher.Position(partition);

    protected override LogBatch Receive(int waitMs)
    {
        // Its own threads end the wait when something has come. What came before the wait, but after the last look, has left its mark on the queue: the wait ends at once.
        ReceiveEvents(waitMs);
        _fetcher.MoveTo(_batch);
        return _batch;
    }

    protected override void Release() => _batch.Release();

    protected override void EndFetching()
    {
        _batch.Release();
        _fetcher.Dispose();
    }

    protected override void Start(TopicPartition partition, long offset) => _fetcher.Start(partition, offset);

    protected override void Stop(TopicPartition partition) => _fetcher.Stop(partition);

    protected override void AssignmentChanged(PartitionList added)
    {
        if (added.Count > 0)
            KafkaError.ThrowIf(Librdkafka.rd_kafka_pause_partitions(Handle, added.Pointer), "Leaving librdkafka's fetcher out");
    }

    protected override void ThrowIfFailed()
    {
        if (_fetcher.TryTakeError(out var fetching))
            throw fetching;
        if (!Received.TryPeekError(out var error))
            return;
        Received.ForgetError();
        throw error;
    }

    private void ReceiveEvents(int waitMs)
    {
        nint taken;
        fixed (nint* events = _events)
            taken = Librdkafka.rd_kafka_consume_batch_queue(Queue, waitMs, (NativeMessage**)events, waitMs == 0 ? MaxEvents : 1u);
        for (var i = 0; i < taken; i++)
        {
            var message = (NativeMessage*)_events[i];
            // Between assigning and pausing librdkafka may have begun to fetch: its records and its troubles with offsets are nobody's.
            if (message->Error is not (ErrorCode.NoError or ErrorCode.LocalPartitionEof or ErrorCode.LocalAutoOffsetReset or ErrorCode.OffsetOutOfRange))
                Received.Event(message);
            Librdkafka.rd_kafka_message_destroy(message);
        }
    }
}
