using CrashStreams.Log;
using CrashStreams.Plan;

namespace CrashStreams.Engine;

/// <summary>Finds the stores of a topology by name and type.</summary>
internal sealed class StoreViews(Topology topology, StreamsOptions options, InternalTopics topics, Func<IEnumerable<StreamThread>> threads)
{
    public KeyValueStoreView<TKey, TValue> KeyValue<TKey, TValue>(string name)
        where TKey : notnull
    {
        if (topology.GlobalTables.FirstOrDefault(t => t.Store.Name == name) is { Store: var global })
            return global is KeyValueStoreDefinition<TKey, TValue> ? new(new GlobalTableCopies(name, threads), static _ => 0) : throw NoKeyValueStore<TKey, TValue>(global);
        var (subTopology, definition) = Find(name);
        return definition is KeyValueStoreDefinition<TKey, TValue> { KeySerde: var serde }
            ? new(new StoreTasks(name, subTopology.Id, threads), key => Partition(subTopology, definition, serde, key))
            : throw NoKeyValueStore<TKey, TValue>(definition);
    }

    public WindowStoreView<TKey, TValue> Window<TKey, TValue>(string name)
        where TKey : notnull
    {
        var (subTopology, definition) = Find(name);
        return definition is WindowStoreDefinition<TKey, TValue> or SlidingWindowStoreDefinition<TKey, TValue>
            ? new(new StoreTasks(name, subTopology.Id, threads), key => Partition(subTopology, definition, ((IKeyed<TKey>)definition).KeySerde, key))
            : throw new ArgumentException($"Store '{name}' is no window store of {typeof(TKey).Name} and {typeof(TValue).Name}: it is a {definition.Description}.", nameof(name));
    }

    public SessionStoreView<TKey, TValue> Session<TKey, TValue>(string name)
        where TKey : notnull
    {
        var (subTopology, definition) = Find(name);
        return definition is SessionStoreDefinition<TKey, TValue> { KeySerde: var serde }
            ? new(new StoreTasks(name, subTopology.Id, threads), key => Partition(subTopology, definition, serde, key))
            : throw new ArgumentException($"Store '{name}' is no session store of {typeof(TKey).Name} and {typeof(TValue).Name}: it is a {definition.Description}.", nameof(name));
    }

    public VersionedStoreView<TKey, TValue> Versioned<TKey, TValue>(string name)
        where TKey : notnull
    {
        var (subTopology, definition) = Find(name);
        return definition is VersionedStoreDefinition<TKey, TValue> { KeySerde: var serde }
            ? new(new StoreTasks(name, subTopology.Id, threads), key => Partition(subTopology, definition, serde, key))
            : throw new ArgumentException($"Store '{name}' is no versioned store of {typeof(TKey).Name} and {typeof(TValue).Name}: it is a {definition.Description}.", nameof(name));
    }

    private static ArgumentException NoKeyValueStore<TKey, TValue>(StoreDefinition store) =>
        new($"Store '{store.Name}' is no key-value store of {typeof(TKey).Name} and {typeof(TValue).Name}: it is a {store.Description}.", "name");

    /// <summary>The task that holds a key.</summary>
    public TaskId TaskOf<TKey>(string name, TKey key)
        where TKey : notnull
    {
        var (subTopology, definition) = Find(name);
        return definition is IKeyed<TKey> { KeySerde: var serde }
            ? new(subTopology.Id, Partition(subTopology, definition, serde, key))
            : throw new ArgumentException($"Store '{name}' has no keys of {typeof(TKey).Name}: it is a {definition.Description}.", nameof(name));
    }

    /// <summary>The sub-topology that owns a store, and the store.</summary>
    private (SubTopology SubTopology, StoreDefinition Store) Find(string name)
    {
        var all = topology.SubTopologies.SelectMany(s => s.StoresFor(options.Time.Clock).Select(d => (SubTopology: s, Store: d))).ToList();
        var names = all.Select(a => a.Store.Name).Concat(topology.GlobalTables.Select(t => t.Store.Name)).ToList();
        return all.Find(a => a.Store.Name == name) is { Store: not null } found
            ? found
            : throw new ArgumentException($"The topology has no store '{name}'; it has {(names.Count == 0 ? "none" : string.Join(", ", names.Select(n => $"'{n}'")))}.", nameof(name));
    }

    private int Partition<TKey>(SubTopology subTopology, StoreDefinition store, Serde<TKey> serde, TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (first, count) = topics.TasksOf(subTopology).TasksOf(store);
        var bytes = new ByteBuffer();
        serde.Serialize(key, bytes);
        return first + Murmur2.Partition(bytes.Written, count);
    }
}
