using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Partitions in order, each once; never changed. An array, because members have up to 100,000 of them: what two sets share is found by going through both at the same time, in
/// a hundredth of what trees take.
/// </summary>
[CollectionBuilder(typeof(PartitionSet), nameof(Create))]
internal sealed class PartitionSet : IReadOnlyList<TopicIdPartition>
{
    public static readonly PartitionSet Empty = new([]);

    private readonly TopicIdPartition[] _partitions;

    private PartitionSet(TopicIdPartition[] inOrder) => _partitions = inOrder;

    public int Count => _partitions.Length;

    public bool IsEmpty => _partitions.Length == 0;

    public TopicIdPartition this[int index] => _partitions[index];

    /// <summary>Those of each topic, in order.</summary>
    public IEnumerable<(Guid TopicId, List<int> Indexes)> ByTopic()
    {
        for (var first = 0; first < _partitions.Length;)
        {
            var topic = _partitions[first].TopicId;
            var indexes = new List<int>();
            for (; first < _partitions.Length && _partitions[first].TopicId == topic; first++)
                indexes.Add(_partitions[first].Partition);
            yield return (topic, indexes);
        }
    }

    public static PartitionSet Create(ReadOnlySpan<TopicIdPartition> partitions) => Of(partitions.ToArray());

    public static PartitionSet Of(IEnumerable<TopicIdPartition> partitions) => Of(partitions.ToArray());

    public ReadOnlySpan<TopicIdPartition> AsSpan() => _partitions;

    public bool Contains(TopicIdPartition partition) => Array.BinarySearch(_partitions, partition) >= 0;

    public bool SetEquals(PartitionSet other) => this == other || _partitions.AsSpan().SequenceEqual(other._partitions);

    public bool Overlaps(IReadOnlySet<TopicIdPartition> others)
    {
        foreach (var partition in _partitions)
            if (others.Contains(partition))
                return true;
        return false;
    }

    public PartitionSet Intersect(PartitionSet other) => Merge(other, takesMine: false, takesShared: true, takesTheirs: false);

    public PartitionSet Except(PartitionSet other) => Merge(other, takesMine: true, takesShared: false, takesTheirs: false);

    public PartitionSet Union(PartitionSet other) => Merge(other, takesMine: true, takesShared: true, takesTheirs: true);

    public PartitionSet Where(Func<TopicIdPartition, bool> isWanted)
    {
        var wanted = Array.FindAll(_partitions, partition => isWanted(partition));
        return wanted.Length == Count ? this : FromOrdered(wanted);
    }

    public IEnumerator<TopicIdPartition> GetEnumerator() => ((IEnumerable<TopicIdPartition>)_partitions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _partitions.GetEnumerator();

    private static PartitionSet Of(TopicIdPartition[] partitions)
    {
        var areInOrder = true;
        for (var i = 1; i < partitions.Length && areInOrder; i++)
            areInOrder = partitions[i - 1].CompareTo(partitions[i]) < 0;
        if (areInOrder)
            return FromOrdered(partitions);
        Array.Sort(partitions);
        var unique = 1;
        for (var i = 1; i < partitions.Length; i++)
            if (partitions[i] != partitions[unique - 1])
                partitions[unique++] = partitions[i];
        return FromOrdered(partitions[..unique]);
    }

    private static PartitionSet FromOrdered(TopicIdPartition[] partitions) => partitions.Length == 0 ? Empty : new PartitionSet(partitions);

    private PartitionSet Merge(PartitionSet other, bool takesMine, bool takesShared, bool takesTheirs)
    {
        var (mine, theirs) = (_partitions, other._partitions);
        var taken = new List<TopicIdPartition>((takesMine ? mine.Length : 0) + (takesTheirs ? theirs.Length : 0));
        int m = 0, t = 0;
        while (m < mine.Length && t < theirs.Length)
        {
            var order = mine[m].CompareTo(theirs[t]);
            if (order < 0 && takesMine)
                taken.Add(mine[m]);
            else if (order > 0 && takesTheirs)
                taken.Add(theirs[t]);
            else if (order == 0 && takesShared)
                taken.Add(mine[m]);
            m += order <= 0 ? 1 : 0;
            t += order >= 0 ? 1 : 0;
        }
        if (takesMine)
            taken.AddRange(mine.AsSpan(m));
        if (takesTheirs)
            taken.AddRange(theirs.AsSpan(t));
        // What stays as it is needs no memory of its own.
        return taken.Count == Count && SharesAll(taken) ? this : taken.Count == other.Count && other.SharesAll(taken) ? other : FromOrdered([.. taken]);
    }

    private bool SharesAll(List<TopicIdPartition> others) => _partitions.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(others));
}
