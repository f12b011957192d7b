using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The topics that exist. A change is on disk before it is visible, and a topic is visible only when its logs are open, so
/// that no record can reach a partition that is not ready for it. Topics are created, deleted and given partitions beside the loop: each waits for the disk several times.
/// </summary>
internal sealed class TopicCatalog : ITopicView
{
    private readonly IStorage _storage;
    private readonly CatalogStore _store;
    private readonly LogConfig _logDefaults;
    private readonly TopicDirectories _directories;
    private readonly SortedDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, Topic> _byId = [];

    private readonly IWorkers _workers;
    private readonly HashSet<string> _beingCreated = new(StringComparer.Ordinal);
    private volatile bool _isClosed; // set by the loop, seen by workers

    /// <summary>Opens every log that the stored catalog names.</summary>
    /// <exception cref="InvalidDataException">The catalog names logs that are not there.</exception>
    public TopicCatalog(IStorage storage, CatalogContent? stored, LogConfig logDefaults, IWorkers workers, ILogger log, StorageLosses losses)
    {
        (_storage, _logDefaults, _workers) = (storage, logDefaults, workers);
        _directories = new TopicDirectories(storage, log);
        _directories.Require(stored?.Topics ?? []);
        _store = CatalogStore.Open(storage, stored, Protocol.TopicIdText.Format(Guid.NewGuid()));
        foreach (var entry in stored?.Topics ?? [])
            Add(Open(entry, losses));
        var left = _directories.CleanUp(stored?.Topics ?? [], stored?.Deleted ?? []);
        foreach (var deleted in stored?.Deleted ?? [])
            if (!left.Contains(deleted))
                _store.Forget(deleted);
    }

    public string ClusterId => _store.ClusterId;

    /// <summary>The log settings of the topics, for other threads.</summary>
    public LogConfigs Configs { get; } = new();

    public long Version { get; private set; }

    /// <summary>Topics in the order of their names.</summary>
    public IReadOnlyCollection<Topic> Topics => _byName.Values;

    /// <summary>How many there are of all topics together.</summary>
    public int PartitionCount { get; private set; }

    /// <summary>How many are being created.</summary>
    public int ReservedPartitions { get; private set; }

    public IEnumerable<Partition> Partitions => _byName.Values.SelectMany(topic => topic.Partitions);

    /// <summary>Called with a topic that has just been deleted.</summary>
    public Action<Topic> Deleted { get; set; } = _ => { };

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>The topic that a request means: by its id where it gives one, else by its name.</summary>
    public Topic? Find(string? name, Guid id) => id != Guid.Empty ? Find(id) : name is null ? null : Find(name);

    public Partition? Find(TopicPartition partition) => Find(partition.Topic)?.Find(partition.Partition);

    /// <summary>Whether a topic has the name, or will have it in a moment.</summary>
    public bool IsTaken(string name) => _byName.ContainsKey(name) || _beingCreated.Contains(name);

    /// <summary>Creates a topic.</summary>
    /// <param name="name">A name that is not taken.</param>
    /// <param name="partitions">How many it has.</param>
    /// <param name="configs">Its settings.</param>
    /// <param name="done">Called with the topic; or with what went wrong, and then nothing of it is left.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Create(string name, int partitions, TopicConfigs configs, Action<Topic?, Exception?> done)
    {
        var topic = new Topic(Guid.NewGuid(), name, configs, []);
        if (IsTaken(name))
            throw new ArgumentException($"Topic '{name}' already exists.", nameof(name));
        _beingCreated.Add(name);
        CreateLogs(topic, partitions, () => _store.Create(new CatalogEntry(topic.Id, name, partitions, configs.Set)), (logs, failure) =>
        {
            _beingCreated.Remove(name);
            if (failure is null)
                failure = Try(() => Publish(topic, logs));
            done(failure is null ? topic : null, failure);
        });
    }

    /// <summary>Deletes a topic. A crash before its directories are deleted leaves the rest to the next start.</summary>
    /// <param name="topic">A topic that is not being deleted.</param>
    /// <param name="done">Called when nobody sees it any more; or with what went wrong, and then it is still there.</param>
    public void Delete(Topic topic, Action<Exception?> done)
    {
        topic.IsBeingDeleted = true;
        _workers.Run(() => _store.Delete(topic.Id), failure =>
        {
            topic.IsBeingDeleted = false;
            if (failure is null)
                Leave(topic);
            done(failure);
        });
    }

    /// <summary>Gives a topic more partitions.</summary>
    /// <param name="topic">A topic that is not growing.</param>
    /// <param name="count">How many it has then.</param>
    /// <param name="done">Called with what went wrong, and then the topic is as it was.</param>
    public void AddPartitions(Topic topic, int count, Action<Exception?> done)
    {
        topic.IsGrowing = true;
        CreateLogs(topic, count, () => _store.Change(topic.Id, partitions: count), (logs, failure) =>
        {
            topic.IsGrowing = false;
            done(failure ?? Try(() => Publish(topic, logs)));
        });
    }

    /// <summary>Changes a topic's settings, in the loop: the next request to change them begins with these.</summary>
    /// <exception cref="IOException">It could not be stored, and the settings are as before.</exception>
    public void Reconfigure(Topic topic, TopicConfigs configs)
    {
        _store.Change(topic.Id, configs: configs.Set);
        topic.Configs = configs;
        SetConfig(topic);
    }

    /// <summary>Closes the logs, each at a checkpoint, so that the next start has nothing to recover.</summary>
    public void Close()
    {
        _isClosed = true;
        foreach (var partition in Partitions)
            partition.Log.Close(flush: true);
        _store.Close();
    }

    /// <summary>Lets go of the logs as the end of the process would.</summary>
    public void Abandon()
    {
        _isClosed = true;
        foreach (var partition in Partitions)
            partition.Log.Abandon();
        _store.Abandon();
    }

    IEnumerable<TopicInfo> ITopicView.All => _byName.Values.Select(topic => topic.Info);

    bool ITopicView.TryGet(string name, [MaybeNullWhen(false)] out TopicInfo topic) => (topic = Find(name)?.Info) is not null;

    bool ITopicView.TryGet(Guid id, [MaybeNullWhen(false)] out TopicInfo topic) => (topic = Find(id)?.Info) is not null;

    private Topic Open(CatalogEntry entry, StorageLosses losses)
    {
        var configs = TopicConfigs.TryCreate(entry.Configs.Select(config => KeyValuePair.Create<string, string?>(config.Key, config.Value)), out var problem, int.MaxValue)
            ?? throw new InvalidDataException($"Topic {entry.Name}: {problem}");
        var topic = new Topic(entry.Id, entry.Name, configs, new List<Partition>(entry.Partitions));
        var config = configs.ToLogConfig(_logDefaults);
        for (var index = 0; index < entry.Partitions; index++)
            topic.Partitions.Add(PartitionOf(topic, index, PartitionLog.Open(_storage, TopicDirectories.Of(topic.Id, index), config, losses.Of($"{topic.Name}-{index}"))));
        return topic;
    }

    private static Partition PartitionOf(Topic topic, int index, PartitionLog log) => new(topic.Name, topic.Id, index, log);

    /// <summary>Creates the logs of the partitions that a topic is to have and has not, and stores what there is then.</summary>
    private void CreateLogs(Topic topic, int count, Action store, Action<IReadOnlyList<PartitionLog>, Exception?> done)
    {
        var first = topic.Partitions.Count;
        IReadOnlyList<PartitionLog> logs = [];
        ReservedPartitions += count - first;
        _workers.Run(() => logs = CreateLogs(topic, first, count, store), failure =>
        {
            ReservedPartitions -= count - first;
            done(logs, failure);
        });
    }

    /// <summary>The same on any thread. What is half there when the disk fails is deleted.</summary>
    private List<PartitionLog> CreateLogs(Topic topic, int first, int count, Action store)
    {
        var config = topic.Configs.ToLogConfig(_logDefaults);
        var logs = new List<PartitionLog>(count - first);
        try
        {
            for (var index = first; index < count; index++)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                logs.Add(PartitionLog.Create(_storage, TopicDirectories.Of(topic.Id, index), config));
            }
            _directories.FlushNames();
            store();
            return logs;
        }
        catch
        {
            foreach (var log in logs)
                log.Abandon();
            TryDeleteLogs(topic.Id, first, first + logs.Count + 1);
            throw;
        }
    }

    /// <summary>Shows logs that were created to the clients.</summary>
    private void Publish(Topic topic, IReadOnlyList<PartitionLog> logs)
    {
        var before = topic.Partitions.Count;
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (before > 0 && Find(topic.Id) != topic)
                throw new IOException("The topic was deleted meanwhile.");
            if (before > 0)
                Remove(topic);
            for (var i = 0; i < logs.Count; i++)
                topic.Partitions.Add(PartitionOf(topic, before + i, logs[i]));
            Add(topic);
        }
        catch
        {
            foreach (var log in logs)
                log.Abandon();
            TryDeleteLogs(topic.Id, before, before + logs.Count);
            throw;
        }
    }

    /// <summary>Nobody sees a topic any more that is stored as deleted, and its directories are deleted.</summary>
    private void Leave(Topic topic)
    {
        Remove(topic);
        foreach (var partition in topic.Partitions)
        {
            partition.Log.Abandon();
            partition.Moved();
        }
        Deleted(topic);
        var count = topic.Partitions.Count;
        _workers.Run(
            () =>
            {
                if (TryDeleteLogs(topic.Id, 0, count))
                    _store.Forget(topic.Id);
            },
            _ => { });
    }

    private bool TryDeleteLogs(Guid topic, int first, int count)
    {
        var areGone = true;
        for (var index = first; index < count && !_isClosed; index++)
            areGone &= _directories.TryDelete(topic, index);
        return areGone && !_isClosed;
    }

    private static Exception? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
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
        _byName.Add(topic.Name, topic);
        Version++;
        PartitionCount += topic.Partitions.Count;
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
}
