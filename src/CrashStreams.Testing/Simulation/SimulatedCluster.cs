using System.Globalization;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Testing.Simulation;

/// <summary>The whole broker side: topics, one group, the transactions, and what happens there as time goes by.</summary>
internal sealed class SimulatedCluster
{
    private readonly Dictionary<string, SimulatedPartition[]> _topics = [];
    private readonly Dictionary<string, Dictionary<string, string>> _configs = [];
    private readonly Dictionary<string, string> _ids = [];
    private readonly Dictionary<string, long> _retentionsMs = [];
    private long _nextProducerId;
    private int _nextId;

    public SimulatedCluster(ManualTime time, Trace trace, SimulationPlan plan)
    {
        Time = time;
        Trace = trace;
        Group = new(this, plan.SessionTimeoutMs, plan.IsEager);
        Transactions = new(this, plan.TransactionTimeoutMs);
    }

    public ManualTime Time { get; }

    public Trace Trace { get; }

    public SimulatedGroup Group { get; }

    public SimulatedTransactions Transactions { get; }

    /// <summary>What the cluster has seen that no application should do.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>A planted fault: zombies are believed.</summary>
    public bool IgnoresFencing { get; init; }

    /// <summary>Records written so far, markers apart: while it grows there is something to do.</summary>
    public long DataRecords { get; private set; }

    /// <summary>A policy of the cluster that no topic's settings tell: which records of a topic it refuses, each with its whole batch.</summary>
    public Func<string, SimulatedEntry, bool> Refuses { get; init; } = static (_, _) => false;

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public long NewProducerId() => _nextProducerId++;

    public void Create(string topic, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        if (_topics.TryAdd(topic, Enumerable.Range(0, partitions).Select(p => new SimulatedPartition(new(topic, p))).ToArray()))
        {
            _ids[topic] = NewId(topic);
            Set(topic, configs);
        }
    }

    /// <summary>Puts a topic with another id in the place of one, with copies of its records.</summary>
    public void MakeAnew(string topic)
    {
        _topics[topic] = Array.ConvertAll(_topics[topic], static p => p.Copy());
        _ids[topic] = NewId(topic);
    }

    private string NewId(string topic) => $"{topic} {_nextId++}";

    public string IdOf(string topic) => _ids[topic];

    public IReadOnlyDictionary<string, string> Configs(string topic) => _configs.GetValueOrDefault(topic) ?? [];

    public void Set(string topic, IReadOnlyDictionary<string, string> configs)
    {
        var all = _configs[topic] = _configs.GetValueOrDefault(topic) ?? [];
        foreach (var (name, value) in configs)
            all[name] = value;
        var retentionMs = long.Parse(all.GetValueOrDefault("retention.ms", "-1"), CultureInfo.InvariantCulture);
        if (retentionMs < 0)
            _retentionsMs.Remove(topic);
        else
            _retentionsMs[topic] = retentionMs;
    }

    /// <summary>Records with later times are not compacted yet.</summary>
    public long OldestCompacted(string topic) =>
        Configs(topic).TryGetValue("min.compaction.lag.ms", out var lag) ? NowMs - long.Parse(lag, CultureInfo.InvariantCulture) : long.MaxValue;

    public int? PartitionCount(string topic) => _topics.TryGetValue(topic, out var partitions) ? partitions.Length : null;

    public SimulatedPartition Partition(in TopicPartition at) => _topics[at.Topic][at.Partition];

    public IReadOnlyList<SimulatedPartition> Partitions(string topic) => _topics[topic];

    public void Append(SimulatedPartition partition, SimulatedEntry entry, long producerId, long sequence)
    {
        if (!partition.Append(entry, producerId, sequence))
            return;
        // Signs of life never end.
        if (!entry.IsMarker && !partition.At.Topic.EndsWith("-instances", StringComparison.Ordinal))
            DataRecords++;
        if (Trace.KeepsLines)
            Trace.Lines.Add($"  {partition.At}@{partition.End - 1} {Describe(entry)}");
    }

    private static string Describe(SimulatedEntry entry) => entry.Headers is { } headers && MarkerRecord.TryRead(headers, out var tasks)
        ? string.Join(' ', tasks.ToList())
        : $"{(entry.Key is null ? "" : Encoding.UTF8.GetString(entry.Key))} {entry.Timestamp}";

    public void Tick()
    {
        Group.Tick();
        Transactions.Tick();
        foreach (var (topic, retentionMs) in _retentionsMs)
        {
            foreach (var partition in _topics[topic])
                partition.Expire(NowMs - retentionMs);
        }
    }
}
