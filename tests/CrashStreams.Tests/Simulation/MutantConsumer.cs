using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Tests.Simulation;

internal sealed class MutantConsumer(ILogConsumer inner, Mutation mutation) : ILogConsumer
{
    private const string InternalPrefix = "app-";

    private readonly HashSet<TopicPartition> _begun = [];
    private readonly Dictionary<TopicPartition, long> _lastRead = [];

    public LogBatch Poll(TimeSpan maxWait) => mutation switch
    {
        Mutation.MarkerTakenForRecord => new WithoutMarkers(inner.Poll(maxWait)),
        Mutation.FirstRecordsSkipped => WithoutFirst(inner.Poll(maxWait)),
        Mutation.PositionOfRecords => Noted(inner.Poll(maxWait)),
        Mutation.MalformedBecomesTombstone => new WithoutMalformed(inner.Poll(maxWait)),
        _ => inner.Poll(maxWait),
    };

    private Selected WithoutFirst(LogBatch batch)
    {
        var indexes = new List<int>();
        var now = new HashSet<TopicPartition>();
        for (var i = 0; i < batch.Count; i++)
        {
            var partition = batch.Partitions[batch[i].PartitionIndex];
            if (partition.Topic.StartsWith(InternalPrefix, StringComparison.Ordinal) || _begun.Contains(partition))
                indexes.Add(i);
            else
                now.Add(partition);
        }

        _begun.UnionWith(now);
        return new(batch, indexes);
    }

    private LogBatch Noted(LogBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
            _lastRead[batch.Partitions[batch[i].PartitionIndex]] = batch[i].Offset;
        return batch;
    }

    private sealed class Selected(LogBatch inner, List<int> indexes) : LogBatch
    {
        public override int Count => indexes.Count;

        public override IReadOnlyList<TopicPartition> Partitions => inner.Partitions;

        public override LogRecord this[int index] => inner[indexes[index]];
    }

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) =>
        inner.Committed(partitions).Where(c => mutation != Mutation.OffsetsForgotten || c.Key.Topic.StartsWith(InternalPrefix, StringComparison.Ordinal)).ToDictionary(c => c.Key, c => Forgets(c.Key) ? c.Value with { Metadata = "" } : Trusts(c.Value) ? c.Value with { Metadata = "." } : c.Value);

    // Two parts that say nothing: time and topics.
    private bool Trusts(in OffsetAndMetadata committed) => mutation == Mutation.StrangerTrusted && committed.Metadata.Length == 0;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) =>
        inner.Subscribe(topics, mutation == Mutation.CacheKeptOverRebalance ? new DeafListener(listener) : listener);

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => inner.Assign(offsets);

    public void Wake() => inner.Wake();

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

    public void Seek(TopicPartition partition, long offset) => inner.Seek(partition, offset);

    public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

    public long Position(TopicPartition partition) =>
        mutation == Mutation.PositionOfRecords && _lastRead.TryGetValue(partition, out var last) ? last + 1 : inner.Position(partition);

    public static LogException Refusal => new("The planted refusal.") { IsRetriable = true };

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        if (mutation == Mutation.CommitsRefused)
            throw Refusal;
        inner.Commit(offsets);
    }

    public object GroupIdentity => inner.GroupIdentity;

    public void Dispose() => inner.Dispose();

    private bool Forgets(in TopicPartition partition) => mutation switch
    {
        Mutation.SourceTimeForgotten => !partition.Topic.StartsWith(InternalPrefix, StringComparison.Ordinal),
        Mutation.ClosedWindowsForgotten => partition.Topic.StartsWith(InternalPrefix, StringComparison.Ordinal),
        _ => false,
    };

    private sealed class DeafListener(IAssignmentListener inner) : IAssignmentListener
    {
        public IReadOnlyDictionary<TopicPartition, long> Assigned(IReadOnlyCollection<TopicPartition> partitions) => inner.Assigned(partitions);

        public void Revoked(IReadOnlyCollection<TopicPartition> partitions) => inner.Revoked(partitions);

        public void Lost(IReadOnlyCollection<TopicPartition> partitions)
        {
        }
    }

    private sealed class WithoutMalformed(LogBatch inner) : LogBatch
    {
        public override int Count => inner.Count;

        public override IReadOnlyList<TopicPartition> Partitions => inner.Partitions;

        public override LogRecord this[int index]
        {
            get
            {
                var record = inner[index];
                return !record.Value.StartsWith((ReadOnlySpan<byte>)[0xFF]) || inner.Partitions[record.PartitionIndex].Topic.StartsWith(InternalPrefix, StringComparison.Ordinal) ? record : new()
                {
                    PartitionIndex = record.PartitionIndex, Offset = record.Offset, Timestamp = record.Timestamp, Key = record.Key, HasKey = record.HasKey, Headers = record.Headers,
                };
            }
        }
    }

    private sealed class WithoutMarkers(LogBatch inner) : LogBatch
    {
        public override int Count => inner.Count;

        public override IReadOnlyList<TopicPartition> Partitions => inner.Partitions;

        public override LogRecord this[int index]
        {
            get
            {
                var record = inner[index];
                return record.Headers?.Last(MarkerRecord.Header) is null ? record : new()
                {
                    PartitionIndex = record.PartitionIndex, Offset = record.Offset, Timestamp = record.Timestamp, Key = "u1"u8, HasKey = true, Value = "crash"u8, HasValue = true,
                };
            }
        }
    }
}
