using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Topics in memory: what the test driver's clients read and write.</summary>
internal sealed class MemoryLog
{
    private readonly Dictionary<string, List<RawRecord>[]> _topics = [];
    private readonly Dictionary<TopicPartition, OffsetAndMetadata> _committed = [];
    private readonly Dictionary<TopicPartition, long> _starts = [];
    private readonly Dictionary<string, string> _ids = [];
    private int _created;

    public event Action<string, RawRecord>? Appended;

    public IReadOnlyCollection<string> Topics => _topics.Keys;

    /// <summary>Partitions whose broker is away: their records exist and don't come.</summary>
    public HashSet<TopicPartition> Unavailable { get; } = [];

    /// <summary>Settings of the topics that the application made.</summary>
    public Dictionary<string, Dictionary<string, string>> Configs { get; } = [];

    public IDictionary<TopicPartition, OffsetAndMetadata> Committed => _committed;

    /// <summary>Whether its topics have ids; not those of an old broker.</summary>
    public bool HasIds { get; set; } = true;

    /// <exception cref="LogException">Kafka takes no such name.</exception>
    public void Create(string topic, int partitions)
    {
        if (Plan.TopicName.FaultOf(topic) is { } fault)
            throw new LogException(char.ToUpperInvariant(fault[0]) + fault[1..] + '.');
        if (_topics.TryAdd(topic, Enumerable.Range(0, partitions).Select(_ => new List<RawRecord>()).ToArray()))
            _ids[topic] = $"{topic} {_created++}";
    }

    /// <summary>Deletes a topic; it can be created anew.</summary>
    public void Delete(string topic)
    {
        _topics.Remove(topic);
        Configs.Remove(topic);
        foreach (var partition in _starts.Keys.Where(p => p.Topic == topic).ToList())
            _starts.Remove(partition);
    }

    public string? IdOf(string topic) => HasIds && _topics.ContainsKey(topic) ? _ids[topic] : null;

    public int? PartitionCount(string topic) => _topics.TryGetValue(topic, out var partitions) ? partitions.Length : null;

    public List<RawRecord> Partition(in TopicPartition partition) => _topics[partition.Topic][partition.Partition];

    /// <summary>The first offset that can be read.</summary>
    public long Start(in TopicPartition partition) => _starts.GetValueOrDefault(partition);

    public void DeleteBefore(in TopicPartition partition, long offset) => _starts[partition] = Math.Max(Start(partition), offset);

    public void Append(string topic, int partition, in LogRecord record)
    {
        var log = Partition(new(topic, partition));
        var stored = new RawRecord(
            partition, log.Count, record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, record.Timestamp, record.Headers);
        log.Add(stored);
        Appended?.Invoke(topic, stored);
    }
}
