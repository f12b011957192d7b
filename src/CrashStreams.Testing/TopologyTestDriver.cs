using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Testing;

/// <summary>
/// Runs a topology without a server: the same stream thread, tasks and commit as in production, on topics in memory and a wall clock that
/// moves only when told. Every piped record is processed to its end, internal topics included, and committed.
/// </summary>
public sealed class TopologyTestDriver : IDisposable
{
    // The clock stands still unless a test moves it, while event times go on.
    private static readonly TimeSpan _patience = TimeSpan.FromDays(1);

    // A topology that writes what it reads may never come to rest; a turn without anything to do ends the settling otherwise.
    private const int MaxTurns = 100_000;

    private readonly MemoryLog _log = new();
    private readonly CallWait _calls = new();
    private readonly Dictionary<TopicPartition, int> _read = [];
    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly IReadOnlyList<string> _sources;
    private readonly IReadOnlyList<string> _sinks;
    private readonly bool _choosesTopics;
    private bool _isDisposed;
    private readonly Func<StreamThread> _newThread;
    private readonly EngineGauges _gauges;
    private StreamThread _thread;

    /// <summary>Makes a driver.</summary>
    /// <param name="topology">What to run.</param>
    /// <param name="options">How; by default an application <c>app</c> with the default clock. <see cref="TimeOptions.MaxFuture"/> is one day here unless it is set.</param>
    /// <param name="startTime">The wall clock's beginning; the Unix epoch by default.</param>
    /// <param name="partitions">Partitions of source topics; 1 where nothing is said.</param>
    public TopologyTestDriver(
        Topology topology, StreamsOptions? options = null, DateTimeOffset? startTime = null, IReadOnlyDictionary<string, int>? partitions = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        _topology = topology;
        _options = (options ?? new StreamsOptions { ApplicationId = "app" }) with { PollWait = TimeSpan.Zero, BlindAfter = TimeSpan.MaxValue };
        _options = _options with { Time = _options.Time with { MaxFuture = _options.Time.GivenMaxFuture ?? _patience } };
        _options.Validate();
        SideTopicLoops.Check(topology, _options);
        Time = new(startTime ?? DateTimeOffset.UnixEpoch) { PassUntil = _calls.WaitUntil };
        _sources = [.. topology.SourceTopics, .. topology.GlobalTables.Select(t => t.Topic)];
        _sinks = [.. topology.SinkTopics, .. new[] { _options.Faults.DeadLetterTopic, _options.Time.LateTopic }.OfType<string>()];
        _choosesTopics = topology.SubTopologies.SelectMany(s => s.Sinks).Any(s => s.Topic is null);
        foreach (var (topic, count) in partitions ?? new Dictionary<string, int>())
        {
            if (!_sources.Contains(topic))
                throw Unknown(topic);
            if (count < 1)
                throw new ArgumentException($"'{topic}' has {count} partitions: give it at least 1.", nameof(partitions));
        }

        foreach (var topic in _sources)
            _log.Create(topic, partitions?.GetValueOrDefault(topic, 1) ?? 1);
        var clients = new MemoryLogClients(_log);
        using var admin = clients.CreateAdmin("");
        var topics = InternalTopics.PrepareAsync(topology, _options, admin, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        _gauges = new(_options.ApplicationId, null);
        _newThread = () => new("test", topology, _options, topics, clients, Time, NullLogger.Instance, gauges: _gauges);
        _thread = _newThread();
        _thread.Start();
        Settle();
    }

    /// <summary>The wall clock; move it by <see cref="AdvanceWallClock"/>.</summary>
    public ManualTime Time { get; }

    /// <summary>Every topic that exists, internal ones included.</summary>
    public IReadOnlyCollection<string> Topics => _log.Topics;

    internal MemoryLog Log => _log;

    /// <summary>How long a call of <c>MapAsync</c> may take, by the machine's clock.</summary>
    internal TimeSpan CallPatience { set => _calls.Patience = value; }

    internal StreamThread Thread => _thread;

    /// <summary>A source topic with types.</summary>
    /// <param name="topic">A source topic of the topology.</param>
    /// <param name="keySerde">How keys become bytes; by default as the topology reads them.</param>
    /// <param name="valueSerde">How values become bytes; by default as the topology reads them.</param>
    /// <exception cref="ArgumentException">The topology does not read the topic, or reads it as other types.</exception>
    public TestInputTopic<TKey, TValue> Input<TKey, TValue>(string topic, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null)
    {
        var declared = SerdesOf(topic);
        return new(this, topic, keySerde ?? InputTypes.SerdeOf<TKey>(declared.Key, topic, "key"), valueSerde ?? InputTypes.SerdeOf<TValue>(declared.Value, topic, "value"));
    }

    /// <summary>A result topic with types.</summary>
    /// <exception cref="ArgumentException">The topology writes no such topic.</exception>
    public TestOutputTopic<TKey, TValue> Output<TKey, TValue>(string topic, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null)
    {
        CheckWritten(topic);
        return new(this, topic, keySerde, valueSerde);
    }

    /// <summary>Writes a record to a source topic and processes it to its end.</summary>
    /// <param name="topic">A source topic of the topology.</param>
    /// <param name="key">The key's bytes, or null for none.</param>
    /// <param name="value">The value's bytes, or null for a tombstone.</param>
    /// <param name="timestamp">The record's timestamp, milliseconds.</param>
    /// <param name="headers">Headers, or null.</param>
    /// <param name="partition">The partition; by default that of the key, or 0.</param>
    public void Pipe(string topic, byte[]? key, byte[]? value, long timestamp, Headers? headers = null, int? partition = null)
    {
        Append(topic, key, value, timestamp, headers, partition);
        Settle();
    }

    /// <summary>Writes a record without processing it yet: a backlog for the next <see cref="Settle"/>.</summary>
    public void Append(string topic, byte[]? key, byte[]? value, long timestamp, Headers? headers = null, int? partition = null)
    {
        var count = _log.PartitionCount(topic) ?? throw Unknown(topic);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (partition < 0 || partition >= count)
            throw new ArgumentOutOfRangeException(nameof(partition), $"Topic '{topic}' has no partition {partition}: it has {count}. The driver's constructor takes the numbers of partitions.");
        var to = partition ?? (key is null ? 0 : Murmur2.Partition(key, count));
        _log.Append(topic, to, new LogRecord { Key = key, HasKey = key is not null, Value = value, HasValue = value is not null, Timestamp = timestamp, Headers = headers });
    }

    /// <summary>Processes and commits until nothing is left to do.</summary>
    /// <exception cref="InvalidOperationException">It never comes to an end: records come back as input without end.</exception>
    public void Settle()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var turns = 0;
        do
        {
            while (_thread.RunOnce())
            {
                if (++turns > MaxTurns && Loops is { Count: > 0 } loops)
                    throw new InvalidOperationException($"The topology has not come to rest in {MaxTurns} turns: it reads what it writes ({List(loops)}), and an operator has to end that at some time.");
            }

            _thread.Commit();
        }
        while (_thread.RunOnce());
    }

    /// <summary>
    /// Ends the application and starts it again on the same topics: what it knows then is what it had committed. <see cref="Dropped"/>
    /// counts from zero again.
    /// </summary>
    /// <param name="isCrash">Ends it without a last commit, so that records since the last one are processed again.</param>
    public void Restart(bool isCrash = false)
    {
        if (!isCrash)
            _thread.Stop();
        _thread.Dispose();
        _thread = _newThread();
        _thread.Start();
        Settle();
    }

    /// <summary>Moves the wall clock, runs what is due and processes what comes of it.</summary>
    public void AdvanceWallClock(TimeSpan by)
    {
        Time.Advance(by);
        Settle();
    }

    /// <summary>The records of a topic that were not read yet, in the order of partitions and offsets.</summary>
    /// <exception cref="ArgumentException">There is no such topic, and the topology writes none of this name.</exception>
    public IReadOnlyList<RawRecord> Read(string topic)
    {
        CheckWritten(topic);
        var records = new List<RawRecord>();
        for (var partition = 0; partition < (_log.PartitionCount(topic) ?? 0); partition++)
        {
            var at = new TopicPartition(topic, partition);
            var log = _log.Partition(at);
            records.AddRange(log.Skip(_read.GetValueOrDefault(at)));
            _read[at] = log.Count;
        }

        return records;
    }

    /// <summary>A key-value store of one task.</summary>
    /// <exception cref="ArgumentException">There is no such store, or it is of another kind or other types.</exception>
    public IReadOnlyKeyValueStore<TKey, TValue> KeyValueStore<TKey, TValue>(string name, int partition = 0)
        where TKey : notnull => Store<IReadOnlyKeyValueStore<TKey, TValue>>(name, partition);

    /// <summary>A window store of one task.</summary>
    /// <exception cref="ArgumentException">There is no such store, or it is of another kind or other types.</exception>
    public IReadOnlyWindowStore<TKey, TValue> WindowStore<TKey, TValue>(string name, int partition = 0)
        where TKey : notnull => Store<IReadOnlyWindowStore<TKey, TValue>>(name, partition);

    /// <summary>A session store of one task.</summary>
    /// <exception cref="ArgumentException">There is no such store, or it is of another kind or other types.</exception>
    public IReadOnlySessionStore<TKey, TValue> SessionStore<TKey, TValue>(string name, int partition = 0)
        where TKey : notnull => Store<IReadOnlySessionStore<TKey, TValue>>(name, partition);

    /// <summary>A versioned store of one task.</summary>
    /// <exception cref="ArgumentException">There is no such store, or it is of another kind or other types.</exception>
    public IReadOnlyVersionedStore<TKey, TValue> VersionedStore<TKey, TValue>(string name, int partition = 0)
        where TKey : notnull => Store<IReadOnlyVersionedStore<TKey, TValue>>(name, partition);

    /// <summary>What was not processed, by reason, over all tasks.</summary>
    public IReadOnlyDictionary<string, long> Dropped => _thread.Tasks.SelectMany(t => t.Context.Dropped.ByReason).Concat(_thread.Globals?.Dropped.ByReason ?? Enumerable.Empty<KeyValuePair<string, long>>())
        .GroupBy(d => d.Key).ToDictionary(g => g.Key, g => g.Sum(d => d.Value));

    /// <summary>Commits and closes the tasks.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        try
        {
            _thread.Stop();
        }
        finally
        {
            _thread.Dispose();
            _gauges.Dispose();
        }
    }

    private (object? Key, object? Value) SerdesOf(string topic) =>
        _topology.SubTopologies.SelectMany(static s => s.Sources).FirstOrDefault(s => !s.IsRepartition && s.Topics.Contains(topic))?.Serdes
        ?? _topology.GlobalTables.FirstOrDefault(t => t.Topic == topic)?.Serdes
        ?? throw Unknown(topic);

    private ArgumentException Unknown(string topic) => new($"'{topic}' is no source topic of the topology; it reads {List(_sources)}.", nameof(topic));

    private static string List(IReadOnlyCollection<string> topics) => topics.Count == 0 ? "none" : string.Join(", ", topics.Select(t => $"'{t}'"));

    private void CheckWritten(string topic)
    {
        if (_log.PartitionCount(topic) is null && !_choosesTopics && !_sinks.Contains(topic))
            throw new ArgumentException($"The topology writes no topic '{topic}'; it writes {List(_sinks)}.", nameof(topic));
    }

    private List<string> Loops => [.. _sources.Intersect(_sinks)];

    private TStore Store<TStore>(string name, int partition)
        where TStore : class
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var tasks = _thread.Tasks.Where(t => t.Context.FindStore(name) is not null).ToList();
        var global = _thread.Globals?.Store(name);
        if (tasks.Count == 0 && global is null)
        {
            var names = _thread.Tasks.SelectMany(t => t.Context.Stores).Select(s => s.Name).Concat(_thread.Globals?.StoreNames ?? []).Distinct().ToList();
            throw new ArgumentException($"The topology has no store '{name}'; it has {List(names)}.", nameof(name));
        }

        var store = global ?? tasks.Find(t => t.Id.Partition == partition)?.Context.FindStore(name)
            ?? throw new ArgumentException($"No task of partition {partition} has store '{name}': there is one for each of {string.Join(", ", tasks.Select(t => t.Id.Partition).Order())}.", nameof(partition));
        return store as TStore
            ?? throw new ArgumentException($"Store '{name}' is {TypeText.Of(store.GetType())}, and not {TypeText.Of(typeof(TStore))}: ask for what it is.", nameof(name));
    }
}
