using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>
/// KIP-227: the broker remembers what a client reads, so that later requests name only what has changed and answers only
/// partitions with news.
/// </summary>
internal sealed class FetchSession(int id)
{
    private readonly Dictionary<(string Topic, Guid TopicId, int Index), FetchTarget> _targets = [];

    public int Id => id;

    /// <summary>The epoch that the next request must carry.</summary>
    public int NextEpoch { get; private set; } = 1;

    public long LastUsedMs { get; set; }

    public int PartitionCount => _targets.Count;

    /// <summary>The partitions, those that have been served longest ago first, so that none starves.</summary>
    public List<FetchTarget> Targets { get; } = [];

    /// <summary>Takes over what a request adds, changes and forgets.</summary>
    public void Update(FetchRequest request)
    {
        foreach (var topic in request.ForgottenTopicsData)
            foreach (var index in topic.Partitions)
                if (_targets.Remove((topic.Topic, topic.TopicId, index), out var forgotten))
                    Targets.Remove(forgotten);
        foreach (var topic in request.Topics)
            foreach (var partition in topic.Partitions)
                Set(topic, partition);
    }

    /// <summary>Epochs grow by 1 and wrap to 1; 0 and -1 have meanings of their own.</summary>
    public void Advance() => NextEpoch = NextEpoch == int.MaxValue ? 1 : NextEpoch + 1;

    /// <summary>Puts a partition that has got its share behind the others.</summary>
    public void MoveToEnd(FetchTarget target)
    {
        Targets.Remove(target);
        Targets.Add(target);
    }

    private void Set(FetchRequest.FetchTopic topic, FetchRequest.FetchPartition partition)
    {
        var key = (topic.Topic, topic.TopicId, partition.Partition);
        if (!_targets.TryGetValue(key, out var target))
        {
            _targets[key] = target = new FetchTarget(topic.Topic, topic.TopicId, partition.Partition);
            Targets.Add(target);
        }
        target.FetchOffset = partition.FetchOffset;
        target.MaxBytes = partition.PartitionMaxBytes;
        target.CurrentLeaderEpoch = partition.CurrentLeaderEpoch;
    }
}
