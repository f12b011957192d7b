using System.Runtime.InteropServices;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>The partitions that a client wants to read, each once, those that have been served longest ago first, so that none starves.</summary>
/// <param name="capacity">How many there will be, for those that will not live long.</param>
internal sealed class FetchTargets(int capacity = 0)
{
    private readonly Dictionary<(string Topic, Guid TopicId, int Index), LinkedListNode<FetchTarget>> _byPartition = new(capacity);
    private readonly LinkedList<FetchTarget> _order = [];

    public int Count => _byPartition.Count;

    /// <summary>A snapshot: the order changes while it is being answered.</summary>
    public List<FetchTarget> InOrder() => [.. _order];

    /// <summary>Takes over what a request adds, changes and forgets.</summary>
    public void Update(FetchRequest request)
    {
        foreach (var topic in request.ForgottenTopicsData)
            foreach (var index in topic.Partitions)
                if (_byPartition.Remove((topic.Topic, topic.TopicId, index), out var forgotten))
                    _order.Remove(forgotten);
        if (_byPartition.Count < _byPartition.Capacity / 4)
            _byPartition.TrimExcess(); // what is forgotten is to hold nothing
        foreach (var topic in request.Topics)
            foreach (var partition in topic.Partitions)
                Set(topic, partition);
    }

    /// <summary>Puts a partition that has got its share behind the others.</summary>
    public void MoveToEnd(FetchTarget target)
    {
        if (!_byPartition.TryGetValue((target.Topic, target.TopicId, target.Index), out var node))
            return;
        _order.Remove(node);
        _order.AddLast(node);
    }

    private void Set(FetchRequest.FetchTopic topic, FetchRequest.FetchPartition partition)
    {
        ref var node = ref CollectionsMarshal.GetValueRefOrAddDefault(_byPartition, (topic.Topic, topic.TopicId, partition.Partition), out _);
        node ??= _order.AddLast(new FetchTarget(topic.Topic, topic.TopicId, partition.Partition));
        node.Value.FetchOffset = partition.FetchOffset;
        node.Value.MaxBytes = partition.PartitionMaxBytes;
        node.Value.CurrentLeaderEpoch = partition.CurrentLeaderEpoch;
    }
}
