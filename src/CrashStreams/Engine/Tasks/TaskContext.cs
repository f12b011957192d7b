using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>What the operators of one task share.</summary>
internal sealed class TaskContext(TaskId id, StreamsOptions options, TimeProvider time, RecordCollector collector, ApplicationMeter meter) : IRecordScope
{
    private readonly Dictionary<string, IStateStore> _stores = [];
    private DroppedRecords? _dropped;

    public string ApplicationId => options.ApplicationId;

    public StreamsOptions Options => options;

    public FaultOptions Faults => options.Faults;

    public string? LateTopic => options.Time.LateTopic;

    public Action<LateRecord>? OnLate => options.Time.OnLate;

    public TaskId Id => id;

    /// <summary>The thread whose turn it is, with the tasks beside this one.</summary>
    public required TurnOwner Owner { get; init; }

    public TaskClock Clock { get; } = new(options.Time.Clock, time);

    public RecordCollector Collector => collector;

    public IRecordWriter Output => collector;

    public DroppedRecords Dropped => _dropped ??= new(Current, meter);

    public ApplicationMeter Meter => meter;

    public Punctuations Punctuations { get; } = new();

    public IReadOnlyCollection<IStateStore> Stores => _stores.Values;

    /// <summary>Whether somebody listens to spans, as of this turn.</summary>
    public bool IsTraced { get; private set; }

    public bool CommitRequested { get; set; }

    /// <summary>Whether anything of the task may differ from what is committed: set by whatever touches it, and at first.</summary>
    public bool HasChanged { get; set; } = true;

    /// <summary>The record that the task is processing, in its original bytes.</summary>
    public RecordInProcess Current { get; } = new();

    /// <summary>A turn begins for the task: what is looked at once in it, because a record can't afford to.</summary>
    public void BeginTurn(long nowMs) => (Clock.LastWallClock, IsTraced) = (nowMs, StreamsTelemetry.Activities.HasListeners());

    public void AddStore(IStateStore store) => _stores.Add(store.Name, store);

    public IStateStore Store(string name) => _stores[name];

    /// <summary>The global tables of the task's thread; null when the topology has none.</summary>
    public GlobalTables? Globals { get; init; }

    public IStateStore GlobalStore(string name) => Globals?.Store(name) ?? throw new TopologyException($"There is no global table with the store '{name}'.");

    public IStateStore? FindStore(string name) => _stores.GetValueOrDefault(name);

    public string? ChangelogTopic(StoreDefinition store) => store.IsLogged ? $"{options.ApplicationId}-{store.Name}-changelog" : null;
}
