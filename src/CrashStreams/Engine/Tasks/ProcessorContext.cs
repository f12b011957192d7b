using CrashStreams.Plan;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>A task as one of its processors sees it.</summary>
internal sealed class ProcessorContext(TaskContext task, string nodeName, IReadOnlyList<StoreDefinition> stores) : IProcessorContext
{
    public TaskContext Task => task;

    public string ApplicationId => task.ApplicationId;

    public TaskId TaskId => task.Id;

    public string Topic => task.Current.Topic;

    public int Partition => task.Current.Partition;

    public long Offset => task.Current.Offset;

    public long Timestamp => task.Clock.RecordTime;

    public long StreamTime => task.Clock.StreamTime;

    public long WallClock => task.Clock.WallClock;

    public IKeyValueStore<TKey, TValue> KeyValueStore<TKey, TValue>(string name)
        where TKey : notnull => Store<IKeyValueStore<TKey, TValue>>(name);

    public IWindowStore<TKey, TValue> WindowStore<TKey, TValue>(string name)
        where TKey : notnull => Store<IWindowStore<TKey, TValue>>(name);

    public TStore Store<TStore>(string name)
        where TStore : class
    {
        if (stores.All(s => s.Name != name))
            throw new TopologyException($"Processor '{nodeName}' is not connected to a store '{name}'. Pass its name to Process(...) and add it with StreamsBuilder.AddStateStore.");
        return task.Store(name) as TStore
            ?? throw new TopologyException($"Store '{name}' is a {task.Store(name).GetType().Name} of other types than '{nodeName}' asks for.");
    }

    public IDisposable Schedule(TimeSpan interval, PunctuationType type, Action<long> callback) =>
        task.Punctuations.Schedule(interval, type, callback, task.Clock.WallClock);

    public void RequestCommit() => task.CommitRequested = true;
}
