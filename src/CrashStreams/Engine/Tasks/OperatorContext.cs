using CrashStreams.Faults;
using CrashStreams.Plan;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>A task as one of its operators sees it.</summary>
internal sealed class OperatorContext(TaskContext task, string nodeName, IReadOnlyList<StoreDefinition> stores, int inputPartition) : IOperatorContext
{
    public int InputPartition => inputPartition;

    public string Node => nodeName;

    public StreamsOptions Options => task.Options;

    public TaskClock Clock => task.Clock;

    public RecordInProcess Current => task.Current;

    public IRecordWriter Output => task.Output;

    public bool IsInTurn => task.Owner.IsHere;

    public string ApplicationId => task.ApplicationId;

    public TaskId TaskId => task.Id;

    public string Topic => task.Current.Topic;

    public int Partition => task.Current.Partition;

    public long Offset => task.Current.Offset;

    public long Timestamp => task.Clock.RecordTime;

    public long StreamTime => task.Clock.StreamTime;

    public long Watermark => Math.Max(-1, task.Clock.Watermark);

    public long WallClock => task.Clock.WallClock;

    public IKeyValueStore<TKey, TValue> KeyValueStore<TKey, TValue>(string name)
        where TKey : notnull => Store<IKeyValueStore<TKey, TValue>>(name);

    public IWindowStore<TKey, TValue> WindowStore<TKey, TValue>(string name)
        where TKey : notnull => Store<IWindowStore<TKey, TValue>>(name);

    public ISessionStore<TKey, TValue> SessionStore<TKey, TValue>(string name)
        where TKey : notnull => Store<ISessionStore<TKey, TValue>>(name);

    public IVersionedStore<TKey, TValue> VersionedStore<TKey, TValue>(string name)
        where TKey : notnull => Store<IVersionedStore<TKey, TValue>>(name);

    public TStore Store<TStore>(string name)
        where TStore : class
    {
        if (stores.All(s => s.Name != name))
            throw new TopologyException($"Processor '{nodeName}' is not connected to a store '{name}'. Add it to the builder (AddKeyValueStore, AddWindowStore, AddSessionStore or AddVersionedStore) and pass its name to Process or ProcessValues.");
        return task.Store(name) as TStore
            ?? throw new TopologyException($"Store '{name}' is a {stores.First(s => s.Name == name).Description}, and processor '{nodeName}' asks for a {NameOf(typeof(TStore))}.");
    }

    // IKeyValueStore<string, long> is a KeyValueStore of String and Int64.
    private static string NameOf(Type type) => $"{type.Name.Split('`')[0].TrimStart('I')} of {string.Join(" and ", type.GenericTypeArguments.Select(static a => a.Name))}";

    public IDisposable Schedule(TimeSpan interval, PunctuationType type, Action<long> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (!IsInTurn)
            throw Misused(nameof(Schedule));
        if (type == PunctuationType.Watermark && task.Options.Time.Clock != CrashStreams.StreamTime.Watermarks)
            throw new TopologyException($"Processor '{nodeName}' is to be called back when the watermark moves, which needs the Watermarks clock.");
        return task.Punctuations.Schedule(interval, type, CallBack, task.Clock.WallClock);

        void CallBack(long time)
        {
            try
            {
                callback(time);
            }
            catch (Exception e) when (Blame.On(nodeName, e))
            {
                // Never: the filter only looks.
            }
        }
    }

    public void RequestCommit() => task.CommitRequested = true;

    public TStore GlobalStore<TStore>(string name)
        where TStore : class => (TStore)task.GlobalStore(name);

    public Exception Misused(string action) => task.Owner.Misused(nodeName, task.Id, action);

    public void Drop(string reason)
    {
        if (!IsInTurn)
            throw Misused(nameof(Drop));
        task.Dropped.Count(reason, nodeName);
    }

    public void Late(string reason, long timestamp, long byMs, Window? window, Action<LateRecord>? callback) =>
        LateRecords.Divert(task, nodeName, reason, timestamp, byMs, window, callback);

    public void Fault(FaultKind kind, string reason, Exception? exception) => FaultPolicy.Apply(task, kind, nodeName, reason, exception);
}
