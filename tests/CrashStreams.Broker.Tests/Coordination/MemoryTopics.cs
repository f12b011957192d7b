using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Tests.Coordination;

internal sealed class MemoryTopics : ITopicView
{
    private readonly SortedDictionary<string, TopicInfo> _topics = new(StringComparer.Ordinal);
    private int _created;

    public long Version { get; private set; }

    public IEnumerable<TopicInfo> All => _topics.Values;

    public TopicInfo Create(string name, int partitions)
    {
        Version++;
        return _topics[name] = new TopicInfo(new Guid(++_created, 0, 0, new byte[8]), name, partitions);
    }

    public void Grow(string name, int partitions)
    {
        Version++;
        _topics[name] = _topics[name] with { Partitions = partitions };
    }

    public void Delete(string name)
    {
        Version++;
        _topics.Remove(name);
    }

    public bool TryGet(string name, [MaybeNullWhen(false)] out TopicInfo topic) => _topics.TryGetValue(name, out topic);

    public bool TryGet(Guid id, [MaybeNullWhen(false)] out TopicInfo topic) => (topic = _topics.Values.FirstOrDefault(known => known.Id == id)) is not null;
}
