using System.Collections.Concurrent;
using CrashStreams.Broker.Log;

namespace CrashStreams.Broker.Topics;

/// <summary>The log settings of all topics, for connections that prepare batches: written by the loop, read by any thread.</summary>
internal sealed class LogConfigs
{
    private readonly ConcurrentDictionary<string, LogConfig> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, LogConfig> _byId = new();

    public LogConfig? Find(string topic) => _byName.GetValueOrDefault(topic);

    public LogConfig? Find(Guid topicId) => _byId.GetValueOrDefault(topicId);

    public void Set(Topic topic, LogConfig config)
    {
        _byName[topic.Name] = config;
        _byId[topic.Id] = config;
    }

    public void Remove(Topic topic)
    {
        _byName.TryRemove(topic.Name, out _);
        _byId.TryRemove(topic.Id, out _);
    }
}
