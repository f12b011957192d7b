using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The topics that exist. A change is on disk before it is visible, and a topic is visible only when its logs are open, so
/// that no record can reach a partition that is not ready for it.
/// </summary>
internal sealed class TopicCatalog : ITopicView
{
    private readonly IStorage _storage;
    private readonly LogConfig _logDefaults;
    private readonly TopicDirectories _directories;
    private readonly SortedDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, Topic> _byId = [];

    /// <summary>Topics whose logs are still being deleted: noted in the catalog, so that a start after a crash knows that it may go on.</summary>
    private readonly HashSet<Guid> _deleted;

    /// <summary>Opens the catalog and every log that it names.</summary>
    /// <exception cref="InvalidDataException">The catalog is damaged, or names logs that are not there.</exception>
    public TopicCatalog(IStorage storage, LogConfig logDefaults, ILogger log, StorageLosses losses)
    {
        (_storage, _logDefaults) = (storage, logDefaults);
        _directories = new TopicDirectories(storage, log);
        var stored = CatalogFile.Read(storage);
        ClusterId = stored?.ClusterId ?? Protocol.TopicIdText.Format(Guid.NewGuid());
        _directories.Require(stored?.Topics ?? []);
        foreach (var entry in stored?.Topics ?? [])
            Add(Open(entry, losses));
        _deleted = [.. _directories.CleanUp(stored?.Topics ?? [], stored?.Deleted ?? [])];
        if (stored is null)
            Save();
    }

    public string ClusterId { get; }

    /// <summary>The log settings of the topics, for other threads.</summary>
    public LogConfigs Configs { get; } = new();

    public long Version { get; private set; }

    /// <summary>Topics in the order of their names.</summary>
    public IReadOnlyCollection<Topic> Topics => _byName.Values;

    /// <summary>How many there are of all topics together.</summary>
    public int PartitionCount { get; private set; }

    public IEnumerable<Partition> Partitions => _byName.Values.SelectMany(topic => topic.Partitions);

    /// <summary>Called with a topic that has just been deleted.</summary>
    public Action<Topic> Deleted { get; set; } = _ => { };

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    public Partition? Find(TopicPartition partition) => Find(partition.Topic)?.Find(partition.Partition);

    /// <exception cref="IOException">The disk failed; nothing of the topic is left.</exception>
    public Topic Create(string name, int partitions, TopicConfigs configs)
    {
        var topic = new Topic(Guid.NewGuid(), name, configs, []);
        try
        {
            OpenPartitions(topic, partitions);
            Add(topic);
            Commit(undo: () => Remove(topic));
        }
        catch
        {
            TakeBack(topic, 0);
            throw;
        }
        return topic;
    }

    public void Delete(Topic topic)
    {
        Remove(topic);
        _deleted.Add(topic.Id);
        Commit(undo: () =>
        {
            _deleted.Remove(topic.Id);
            Add(topic);
        });
        var isGone = true;
        foreach (var partition in topic.Partitions)
        {
            partition.Log.Abandon();
            isGone &= _directories.TryDelete(topic.Id, partition.Index);
            partition.Moved();
        }
        if (isGone)
            _deleted.Remove(topic.Id);
        Deleted(topic);
    }

    /// <exception cref="IOException">The disk failed; the topic is as it was.</exception>
    public void AddPartitions(Topic topic, int count)
    {
        var before = topic.Partitions.Count;
        try
        {
            OpenPartitions(topic, count);
            Commit(undo: () => { });
        }
        catch
        {
            TakeBack(topic, before);
            throw;
        }
        SetConfig(topic);
        Version++;
        PartitionCount += count - before;
    }

    public void Reconfigure(Topic topic, TopicConfigs configs)
    {
        var before = topic.Configs;
        topic.Configs = configs;
        Commit(undo: () => topic.Configs = before);
        SetConfig(topic);
    }

    /// <summary>Closes the logs, each at a checkpoint, so that the next start has nothing to recover.</summary>
    public void Close()
    {
        foreach (var partition in Partitions)
            partition.Log.Close(flush: true);
    }

    /// <summary>Lets go of the logs as the end of the process would.</summary>
    public void Abandon()
    {
        foreach (var partition in Partitions)
            partition.Log.Abandon();
    }

    IEnumerable<TopicInfo> ITopicView.All => _byName.Values.Select(topic => topic.Info);

    bool ITopicView.TryGet(string name, [MaybeNullWhen(false)] out TopicInfo topic) => (topic = Find(name)?.Info) is not null;

    bool ITopicView.TryGet(Guid id, [MaybeNullWhen(false)] out TopicInfo topic) => (topic = Find(id)?.Info) is not null;

    private Topic Open(CatalogEntry entry, StorageLosses losses)
    {
        var configs = TopicConfigs.TryCreate(entry.Configs.Select(config => KeyValuePair.Create<string, string?>(config.Key, config.Value)), out var problem)
            ?? throw new InvalidDataException($"Topic {entry.Name}: {problem}");
        var topic = new Topic(entry.Id, entry.Name, configs, new List<Partition>(entry.Partitions));
        OpenPartitions(topic, entry.Partitions, losses);
        return topic;
    }

    /// <summary>Opens the logs of a topic from its present number of partitions on; new ones can't have lost anything.</summary>
    private void OpenPartitions(Topic topic, int count, StorageLosses? losses = null)
    {
        var config = topic.Configs.ToLogConfig(_logDefaults);
        for (var index = topic.Partitions.Count; index < count; index++)
        {
            var log = PartitionLog.Open(_storage, TopicDirectories.Of(topic.Id, index), config, losses?.Of($"{topic.Name}-{index}"));
            topic.Partitions.Add(new Partition(topic.Name, topic.Id, index, log));
        }
    }

    /// <summary>Deletes the logs of partitions that nobody has seen, from an index on; the last of them may be half there.</summary>
    private void TakeBack(Topic topic, int first)
    {
        for (var index = first; index < topic.Partitions.Count; index++)
            topic.Partitions[index].Log.Abandon();
        for (var index = first; index <= topic.Partitions.Count; index++)
            _directories.TryDelete(topic.Id, index);
        topic.Partitions.RemoveRange(first, topic.Partitions.Count - first);
    }

    private void SetConfig(Topic topic)
    {
        var config = topic.Configs.ToLogConfig(_logDefaults);
        foreach (var partition in topic.Partitions)
            partition.Log.Config = config;
        Configs.Set(topic, config);
    }

    private void Add(Topic topic)
    {
        Version++;
        PartitionCount += topic.Partitions.Count;
        _byName.Add(topic.Name, topic);
        _byId.Add(topic.Id, topic);
        SetConfig(topic);
    }

    private void Remove(Topic topic)
    {
        Version++;
        PartitionCount -= topic.Partitions.Count;
        _byName.Remove(topic.Name);
        _byId.Remove(topic.Id);
        Configs.Remove(topic);
    }

    private void Commit(Action undo)
    {
        try
        {
            Save();
        }
        catch
        {
            undo();
            throw;
        }
    }

    private void Save() => CatalogFile.Write(_storage, new CatalogContent(
        ClusterId, [.. _byName.Values.Select(topic => new CatalogEntry(topic.Id, topic.Name, topic.Partitions.Count, topic.Configs.Set))], [.. _deleted]));
}
