using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using CrashStreams.Time;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// A thread's copies of the global tables: read to the ends that their topics have at the start, then followed, a batch a turn. They are in memory alone, and read again at every start.
/// Records that are no rows go the way of all records that can't be deserialized; each thread meets them at each of its starts.
/// </summary>
internal sealed class GlobalTables : IRecordScope, IDisposable
{
    private static readonly TimeSpan _wait = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, IGlobalTableNode> _byTopic;
    private readonly Dictionary<string, IStateStore> _stores;
    private readonly Func<ILogConsumer> _createConsumer;
    private readonly ILogAdmin _admin;
    private readonly ILogger _logger;
    private readonly QuietLog _quiet;
    private ILogConsumer? _consumer;
    private bool _isComplete;

    public GlobalTables(IReadOnlyList<IGlobalTableNode> nodes, StreamsOptions options, TimeProvider time, Func<ILogConsumer> createConsumer, ILogAdmin admin, IRecordWriter output, ApplicationMeter meter, ILogger logger)
    {
        _byTopic = nodes.ToDictionary(n => n.Topic);
        _stores = nodes.ToDictionary(n => n.Store.Name, n => n.Store.Create(new StoreContext(null, new TaskClock(options.Time.Clock, time))));
        (_createConsumer, _admin, Faults, Output, _logger) = (createConsumer, admin, options.Faults, output, logger);
        _quiet = new(logger, time);
        Dropped = new(Current, meter);
    }

    public FaultOptions Faults { get; }

    // Rows are never late.
    public string? LateTopic => null;

    public Action<LateRecord>? OnLate => null;

    public RecordInProcess Current { get; } = new();

    public IRecordWriter Output { get; }

    /// <summary>Records that are no rows, by reason.</summary>
    public DroppedRecords Dropped { get; }

    /// <summary>Whether the topics have been read to the ends that they had at the start. Other threads may ask.</summary>
    public bool IsComplete => Volatile.Read(ref _isComplete);

    public IEnumerable<string> StoreNames => _stores.Keys;

    public IStateStore? Store(string name) => _stores.GetValueOrDefault(name);

    /// <summary>Reads the topics to their present ends.</summary>
    /// <exception cref="LogException">The log can't be reached.</exception>
    /// <exception cref="TopologyException">A topic does not exist.</exception>
    public void Start(Func<bool> isStopping)
    {
        var counts = _admin.PartitionCountsAsync([.. _byTopic.Keys], CancellationToken.None).GetAwaiter().GetResult();
        var missing = _byTopic.Keys.Where(t => !counts.ContainsKey(t)).ToList();
        if (missing.Count > 0)
            throw new TopologyException($"Topic(s) {string.Join(", ", missing.Select(t => $"'{t}'"))} of global tables do not exist. Create them first.");
        var partitions = counts.SelectMany(c => Enumerable.Range(0, c.Value).Select(p => new TopicPartition(c.Key, p))).ToList();
        var offsets = _admin.OffsetsAsync(partitions, CancellationToken.None).GetAwaiter().GetResult();
        _consumer = _createConsumer();
        _consumer.Assign(offsets.ToDictionary(o => o.Key, o => o.Value.Start));
        var behind = offsets.Where(o => o.Value.End > o.Value.Start).ToDictionary(o => o.Key, o => o.Value.End);
        while (behind.Count > 0 && !isStopping())
        {
            Take(_wait);
            foreach (var (partition, end) in behind.ToList())
            {
                // Ends of transactions and gaps are passed without a record.
                if (_consumer.Position(partition) >= end)
                    behind.Remove(partition);
            }
        }

        Volatile.Write(ref _isComplete, true);
        _logger.GlobalTablesRead(string.Join(", ", _byTopic.Keys));
    }

    /// <summary>Takes what has come since; answers whether there was anything.</summary>
    public bool Follow() => Take(TimeSpan.Zero);

    public void Dispose() => _consumer?.Dispose();

    private bool Take(TimeSpan wait)
    {
        var batch = _consumer!.Poll(wait);
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            var at = batch.Partitions[record.PartitionIndex];
            var node = _byTopic[at.Topic];
            if (node.Apply(_stores[node.Store.Name], in record) is not { } reason)
                continue;
            Current.Set(batch, i, in at, in record);
            Refuse(node, reason);
        }

        Current.Clear();
        return batch.Count > 0;
    }

    private void Refuse(IGlobalTableNode node, string reason)
    {
        // Without a key it is no row, as Kafka Streams has it; nobody could have meant anything else by it.
        if (reason == DroppedRecords.NullKey)
            Dropped.Count(reason, node.Name);
        else
            FaultPolicy.Apply(this, FaultKind.Deserialization, node.Name, reason, null);
        _quiet.Warn($"{node.Name} {reason}", $"A record of global table '{node.Name}' is no row ({reason}): {Current}.");
    }
}
