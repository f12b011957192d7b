using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The topics that exist. A change is on disk before it is visible, and a topic is visible only when its logs are open, so
/// that no record can reach a partition that is not ready for it.
/// </summary>
internal sealed class TopicCatalog : ITopicView
{
    private const string LogDirectory = "logs";

    private readonly IStorage _storage;
    private readonly LogConfig _logDefaults;
    private readonly SortedDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, Topic> _byId = [];

    /// <summary>Opens the catalog and every log that it names.</summary>
    public TopicCatalog(IStorage storage, LogConfig logDefaults)
    {
        (_storage, _logDefaults) = (storage, logDefaults);
        var stored = CatalogFile.Read(storage);
        ClusterId = stored?.ClusterId ?? Protocol.TopicIdText.Format(Guid.NewGuid());
        foreach (var entry in stored?.Topics ?? [])
            Add(Open(entry));
        if (stored is null)
            Save();
        DeleteForgottenLogs();
    }

    public string ClusterId { get; }

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

    public Topic Create(string name, int partitions, TopicConfigs configs)
    {
        var topic = Open(new CatalogEntry(Guid.NewGuid(), name, partitions, configs.Set));
        Add(topic);
        Commit(undo: () => Remove(topic));
        return topic;
    }

    public void Delete(Topic topic)
    {
        Remove(topic);
        Commit(undo: () => Add(topic));
        foreach (var partition in topic.Partitions)
        {
            partition.Log.Delete();
            partition.Moved();
        }
        Deleted(topic);
    }

    public void AddPartitions(Topic topic, int count)
    {
        Version++;
        var before = topic.Partitions.Count;
        for (var index = before; index < count; index++)
            topic.Partitions.Add(OpenPartition(topic.Id, topic.Name, index, topic.Configs));
        PartitionCount += count - before;
        Commit(undo: () =>
        {
            topic.Partitions.RemoveRange(before, count - before);
            PartitionCount -= count - before;
        });
    }

    public void Reconfigure(Topic topic, TopicConfigs configs)
    {
        var before = topic.Configs;
        topic.Configs = configs;
        Commit(undo: () => topic.Configs = before);
        foreach (var partition in topic.Partitions)
            partition.Log.Config = configs.ToLogConfig(_logDefaults);
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

    private Topic Open(CatalogEntry entry)
    {
        var configs = TopicConfigs.TryCreate(entry.Configs.Select(config => KeyValuePair.Create<string, string?>(config.Key, config.Value)), out var problem)
            ?? throw new InvalidDataException($"Topic {entry.Name}: {problem}");
        var partitions = Enumerable.Range(0, entry.Partitions).Select(index => OpenPartition(entry.Id, entry.Name, index, configs)).ToList();
        return new Topic(entry.Id, entry.Name, configs, partitions);
    }

    private Partition OpenPartition(Guid id, string name, int index, TopicConfigs configs)
    {
        var log = PartitionLog.Open(_storage, DirectoryOf(id, index), configs.ToLogConfig(_logDefaults));
        return new Partition(name, id, index, log);
    }

    private void Add(Topic topic)
    {
        Version++;
        PartitionCount += topic.Partitions.Count;
        _byName.Add(topic.Name, topic);
        _byId.Add(topic.Id, topic);
    }

    private void Remove(Topic topic)
    {
        Version++;
        PartitionCount -= topic.Partitions.Count;
        _byName.Remove(topic.Name);
        _byId.Remove(topic.Id);
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

    private void Save() => CatalogFile.Write(_storage, ClusterId, _byName.Values.Select(topic => new CatalogEntry(topic.Id, topic.Name, topic.Partitions.Count, topic.Configs.Set)));

    /// <summary>A crash between a change of the catalog and of the directories leaves logs that no topic has.</summary>
    private void DeleteForgottenLogs()
    {
        var known = _byName.Values.SelectMany(topic => topic.Partitions.Select(partition => NameOf(topic.Id, partition.Index))).ToHashSet();
        foreach (var directory in _storage.Directories(LogDirectory).Where(directory => !known.Contains(directory)))
            _storage.DeleteDirectory($"{LogDirectory}/{directory}");
    }

    private static string DirectoryOf(Guid id, int index) => $"{LogDirectory}/{NameOf(id, index)}";

    private static string NameOf(Guid id, int index) => $"{id:N}-{index}";
}
