using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups;

/// <summary>
/// The offsets of one group: committed ones, and those of open transactions that wait for their result. Each change is in the journal
/// before it is here.
/// </summary>
internal sealed class GroupOffsets(string groupId, IJournal journal, StateBudget budget)
{
    private readonly SortedDictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly Dictionary<long, SortedDictionary<TopicPartition, CommittedOffset>> _pending = [];
    private readonly Dictionary<TopicPartition, int> _unstable = []; // how many open transactions have an offset of it

    public IReadOnlyDictionary<TopicPartition, CommittedOffset> Committed => _committed;

    /// <summary>Whether so many offsets may be kept as well.</summary>
    public bool HasRoom(IEnumerable<CommittedOffset> more) => budget.HasRoom(more.Sum(BytesOf));

    public bool IsEmpty => _committed.Count == 0 && _pending.Count == 0;

    public CommittedOffset? Find(TopicPartition partition) => _committed.GetValueOrDefault(partition);

    /// <summary>Whether an open transaction is going to replace the partition's offset.</summary>
    public bool IsUnstable(TopicPartition partition) => _unstable.ContainsKey(partition);

    public bool TryCommit(IReadOnlyCollection<KeyValuePair<TopicPartition, CommittedOffset>> offsets)
    {
        if (!journal.TryAppend([.. offsets.Select(offset => OffsetRecords.Committed(groupId, offset.Key, offset.Value))]))
            return false;
        foreach (var (partition, offset) in offsets)
            Replay(partition, offset);
        return true;
    }

    /// <summary>Keeps the offsets of a transaction until <see cref="TryEnd"/>.</summary>
    public bool TryCommitPending(long producerId, IReadOnlyCollection<KeyValuePair<TopicPartition, CommittedOffset>> offsets)
    {
        if (!journal.TryAppend([.. offsets.Select(offset => OffsetRecords.Pending(groupId, producerId, offset.Key, offset.Value))]))
            return false;
        foreach (var (partition, offset) in offsets)
            ReplayPending(producerId, partition, offset);
        return true;
    }

    /// <summary>Ends the producer's transaction: its offsets become visible, or vanish, all in one batch. Nothing pending: nothing to do.</summary>
    public bool TryEnd(long producerId, bool commit)
    {
        if (!_pending.TryGetValue(producerId, out var ended))
            return true;
        var entries = ended.Keys.Select(partition => OffsetRecords.Pending(groupId, producerId, partition, null));
        if (commit)
            entries = entries.Concat(ended.Select(offset => OffsetRecords.Committed(groupId, offset.Key, offset.Value)));
        if (!journal.TryAppend([.. entries]))
            return false;
        _pending.Remove(producerId);
        foreach (var partition in ended.Keys)
            CountUnstable(partition, -1);
        budget.Add(-ended.Values.Sum(BytesOf));
        if (commit)
        {
            foreach (var (partition, offset) in ended)
                Replay(partition, offset);
        }
        return true;
    }

    public bool TryRemove(IReadOnlyCollection<TopicPartition> partitions)
    {
        var known = partitions.Where(_committed.ContainsKey).ToList();
        if (known.Count == 0)
            return true;
        if (!journal.TryAppend([.. known.Select(partition => OffsetRecords.Committed(groupId, partition, null))]))
            return false;
        known.ForEach(partition => Replay(partition, null));
        return true;
    }

    /// <summary>Forgets a deleted topic, also in open transactions: a topic re-created under its name starts without offsets.</summary>
    public bool TryRemoveTopic(string topic)
    {
        var pending = _pending.SelectMany(producer => producer.Value.Keys.Where(partition => partition.Topic == topic).Select(partition => (producer.Key, partition))).ToList();
        if (pending.Count > 0 && !journal.TryAppend([.. pending.Select(offset => OffsetRecords.Pending(groupId, offset.Key, offset.partition, null))]))
            return false;
        foreach (var (producerId, partition) in pending)
            ReplayPending(producerId, partition, null);
        return TryRemove([.. _committed.Keys.Where(partition => partition.Topic == topic)]);
    }

    /// <summary>The tombstones of all that is here.</summary>
    public IEnumerable<JournalEntry> Tombstones() =>
        _committed.Keys.Select(partition => OffsetRecords.Committed(groupId, partition, null))
            .Concat(_pending.SelectMany(producer => producer.Value.Keys.Select(partition => OffsetRecords.Pending(groupId, producer.Key, partition, null))));

    /// <summary>Forgets all, without a word to the journal.</summary>
    public void Clear()
    {
        budget.Add(-_committed.Values.Sum(BytesOf) - _pending.Values.Sum(producer => producer.Values.Sum(BytesOf)));
        _committed.Clear();
        _pending.Clear();
        _unstable.Clear();
    }

    public void Replay(TopicPartition partition, CommittedOffset? offset) => Set(_committed, partition, offset);

    public void ReplayPending(long producerId, TopicPartition partition, CommittedOffset? offset)
    {
        if (!_pending.TryGetValue(producerId, out var offsets))
            _pending[producerId] = offsets = [];
        var before = offsets.Count;
        Set(offsets, partition, offset);
        CountUnstable(partition, offsets.Count - before);
        if (offsets.Count == 0)
            _pending.Remove(producerId);
    }

    private void CountUnstable(TopicPartition partition, int change)
    {
        var count = _unstable.GetValueOrDefault(partition) + change;
        if (count == 0)
            _unstable.Remove(partition);
        else
            _unstable[partition] = count;
    }

    private void Set(SortedDictionary<TopicPartition, CommittedOffset> offsets, TopicPartition partition, CommittedOffset? offset)
    {
        if (offsets.TryGetValue(partition, out var former))
            budget.Add(-BytesOf(former));
        if (offset is null)
        {
            offsets.Remove(partition);
            return;
        }
        offsets[partition] = offset;
        budget.Add(BytesOf(offset));
    }

    /// <summary>The entry, its place in the tree and its text.</summary>
    private static long BytesOf(CommittedOffset offset) => 256 + 2 * offset.Metadata.Length;
}
