using System.Collections.Concurrent;
using System.Globalization;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Works out how many partitions the application's own topics need, creates them, and checks those that exist: a wrong number of partitions
/// would send keys to the wrong place.
/// </summary>
internal sealed class InternalTopics
{
    private const string Retention = "retention.ms";
    private const string Unlimited = "-1";
    private const string MaxAhead = "message.timestamp.after.max.ms";
    private const string MaxBehind = "message.timestamp.before.max.ms";

    private readonly Dictionary<string, int> _partitions = [];
    private readonly Dictionary<string, bool[]> _writers = [];
    private readonly Dictionary<string, TopicLimits> _limits = [];
    private readonly ConcurrentDictionary<string, WrittenTopics> _written = [];
    private readonly Dictionary<int, TaskLayout> _layouts = [];
    private IReadOnlyDictionary<string, string> _ids = new Dictionary<string, string>();
    private IReadOnlyDictionary<string, string> _changelogIds = new Dictionary<string, string>();

    /// <summary>Partitions of every topic of the topology, by full name.</summary>
    public int PartitionsOf(string topic) => _partitions[topic];

    /// <summary>The tasks that may write to a repartition topic, by their numbers: false for one that tells nobody of its clock there.</summary>
    public IReadOnlyList<bool> WritersOf(string topic) => _writers[topic];

    /// <summary>The id that an input or a repartition topic had when the application started; null when the broker gives none.</summary>
    public string? IdOf(string topic) => _ids.GetValueOrDefault(topic);

    /// <summary>The id that a changelog had when the application started; null when the broker gives none.</summary>
    public string? ChangelogIdOf(string topic) => _changelogIds.GetValueOrDefault(topic);

    /// <summary>What is committed with an input's offsets of the topics that they belong to.</summary>
    public string PositionText(string input, IEnumerable<string> changelogs) => CommittedPosition.TopicsText(IdOf(input), PartitionsOf(input), changelogs.Select(c => (c, ChangelogIdOf(c))).ToList());

    /// <summary>The changelogs of a sub-topology, by their full names.</summary>
    public static IReadOnlyList<string> Changelogs(SubTopology subTopology, StreamsOptions options) =>
        subTopology.StoresFor(options.Time.Clock).Where(static d => d.IsLogged).Select(d => $"{options.ApplicationId}-{d.Name}-changelog").ToList();

    public IReadOnlyCollection<string> All => _partitions.Keys;

    /// <summary>The largest batch that every topic takes which the application is known to write.</summary>
    public int MaxBatchBytes => (int)_limits.Values.Select(l => l.MaxBatchBytes).Append(int.MaxValue).Min();

    /// <summary>What a thread knows of the topics that it writes; the same in all its lives. Threads begin at the same time, hence the concurrent dictionary.</summary>
    public WrittenTopics WrittenBy(string thread, Func<string, RecordCount> count) => _written.GetOrAdd(thread, _ => new(_limits, count));

    /// <summary>The tasks of a sub-topology that has inputs.</summary>
    public TaskLayout TasksOf(SubTopology subTopology) => _layouts[subTopology.Id];

    public static string FullName(string applicationId, string topic, bool isInternal) => isInternal ? $"{applicationId}-{topic}" : topic;

    public static async Task<InternalTopics> PrepareAsync(
        Topology topology, StreamsOptions options, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        var topics = new InternalTopics();
        var sources = topology.SourceTopics;
        var existing = await admin.PartitionCountsAsync(sources.ToList(), cancellation).ConfigureAwait(false);
        var missing = sources.Where(t => !existing.ContainsKey(t)).ToList();
        if (missing.Count > 0)
            throw new TopologyException($"Source topic(s) {string.Join(", ", missing.Select(t => $"'{t}'"))} do not exist. Create them first, with the number of partitions that the work is to be spread over.");
        foreach (var (topic, count) in existing)
            topics._partitions[topic] = count;
        topics.Resolve(topology, options.ApplicationId);
        await topics.CreateAsync(topology, options, admin, logger, cancellation).ConfigureAwait(false);
        await topics.AskLimitsAsync(topology, options, admin, logger, cancellation).ConfigureAwait(false);
        topics._ids = await admin.TopicIdsAsync([.. sources, .. topics._writers.Keys], cancellation).ConfigureAwait(false);
        topics._changelogIds = await admin.TopicIdsAsync(topology.SubTopologies.SelectMany(s => Changelogs(s, options)).Distinct().ToList(), cancellation).ConfigureAwait(false);
        return topics;
    }

    // A repartition topic is as wide as it says, or as the widest input of the sub-topology that writes it, or of what it is read together with; these may be repartition topics themselves.
    private void Resolve(Topology topology, string applicationId)
    {
        var pending = new List<RepartitionTopic>();
        foreach (var topic in topology.RepartitionTopics.Values)
        {
            if (topic.Partitions is { } count)
                _partitions[FullName(applicationId, topic.Name, true)] = count;
            else
                pending.Add(topic);
        }

        while (pending.Count > 0)
        {
            var known = pending.FindAll(t => InputsOf(t).All(_partitions.ContainsKey));
            if (known.Count == 0)
                throw new TopologyException($"Repartition topics {string.Join(", ", pending.Select(static t => $"'{t.Name}'"))} feed each other, or themselves: give one of them a number of partitions, with Repartition.");
            known.ForEach(t => _partitions[FullName(applicationId, t.Name, true)] = InputsOf(t).Max(PartitionsOf));
            pending.RemoveAll(known.Contains);
        }

        foreach (var subTopology in topology.SubTopologies.Where(static s => s.Sources.Any()))
        {
            var layout = _layouts[subTopology.Id] = Layout(subTopology, applicationId);
            foreach (var sink in subTopology.Sinks.Where(static s => s.IsRepartition))
                _writers[FullName(applicationId, sink.Topic!, true)] = Enumerable.Range(0, layout.Count).Select(t => layout.TellsOf(sink, t)).ToArray();
        }

        List<string> InputsOf(RepartitionTopic topic) => WidthOf(topic, topology).SelectMany(s => s.Topics.Select(t => FullName(applicationId, t, s.IsRepartition))).ToList();
    }

    // The sources whose partitions it has as many as the widest of.
    private static IEnumerable<ISourceNode> WidthOf(RepartitionTopic topic, Topology topology) => topic.AsWideAs is { } node
        ? topology.SubTopologies.Single(s => s.Nodes.Contains(node)).SourcesOf([node])
        : topology.SubTopologies.Single(s => s.Sinks.Any(k => k.IsRepartition && k.Topic == topic.Name)).Sources;

    private TaskLayout Layout(SubTopology subTopology, string applicationId) => new(subTopology, (s, t) => FullName(applicationId, t, s.IsRepartition), PartitionsOf);

    // As wide as the numbers of the tasks that have the store.
    private int ChangelogPartitions(SubTopology subTopology, StoreDefinition store) => TasksOf(subTopology).TasksOf(store) is var (first, count) ? first + count : 0;

    private async Task CreateAsync(Topology topology, StreamsOptions options, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        var wanted = topology.RepartitionTopics.Values.Select(t =>
        {
            var name = FullName(options.ApplicationId, t.Name, true);
            return new TopicSpec(name, PartitionsOf(name), RepartitionTopic.Configs) { ReplicationFactor = options.ReplicationFactor };
        }).Concat(topology.SubTopologies.SelectMany(s => s.StoresFor(options.Time.Clock).Where(d => d.IsLogged).Select(d =>
            new TopicSpec($"{options.ApplicationId}-{d.Name}-changelog", ChangelogPartitions(s, d), d.ChangelogConfigs(options.Time.Clock))
            {
                ReplicationFactor = options.ReplicationFactor,
            }))).ToList();
        if (options.HasDirectory)
            wanted.Add(InstanceDirectory.Topic(options.ApplicationId) with { ReplicationFactor = options.ReplicationFactor });
        if (wanted.Count == 0)
            return;

        await admin.CreateTopicsAsync(wanted, cancellation).ConfigureAwait(false);
        var names = wanted.ConvertAll(t => t.Name);
        var counts = await admin.PartitionCountsAsync(names, cancellation).ConfigureAwait(false);
        var configs = await ConfigsAsync(names, admin, logger, cancellation).ConfigureAwait(false);
        var faults = new List<string>();
        foreach (var topic in wanted)
        {
            _partitions[topic.Name] = topic.Partitions;
            if (counts.GetValueOrDefault(topic.Name) != topic.Partitions)
                faults.Add($"Topic '{topic.Name}' has {counts.GetValueOrDefault(topic.Name)} partitions and needs {topic.Partitions}. Delete it (its state is rebuilt from the input only if that is still there), or use another application id.");
            var expected = topic.Configs["cleanup.policy"];
            var policy = configs.TryGetValue(topic.Name, out var config) ? config.GetValueOrDefault("cleanup.policy", expected) : expected;
            if (!policy.Split(',').Order().SequenceEqual(expected.Split(',').Order()))
                faults.Add($"Topic '{topic.Name}' has cleanup.policy={policy} and needs {expected}. Alter the topic's setting.");
        }

        if (faults.Count > 0)
            throw new TopologyException($"The application's own topics don't fit:{string.Concat(faults.Select(f => $"\n - {f}"))}");
        await LiftRetentionAsync(wanted, configs, admin, logger, cancellation).ConfigureAwait(false);
        foreach (var topic in wanted)
            _limits[topic.Name] = await LiftTimesAsync(topic.Name, configs.GetValueOrDefault(topic.Name), admin, logger, cancellation).ConfigureAwait(false);
    }

    // KIP-937: brokers refuse record times that are more than an hour ahead. What the application writes for itself has the event times of its input, whatever they are.
    private static async Task<TopicLimits> LiftTimesAsync(
        string topic, IReadOnlyDictionary<string, string>? configs, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        if (configs is null)
            return TopicLimits.None;
        var limits = TopicLimits.Of(configs);
        if (limits.TakesAnyTime)
            return limits;
        var lifted = new[] { MaxAhead, MaxBehind }.Where(configs.ContainsKey).ToDictionary(c => c, _ => long.MaxValue.ToString(CultureInfo.InvariantCulture));
        try
        {
            await admin.SetTopicConfigsAsync(topic, lifted, cancellation).ConfigureAwait(false);
            return limits with { MaxAheadMs = long.MaxValue, MaxBehindMs = long.MaxValue };
        }
        catch (LogException e) when (!e.IsRetriable)
        {
            logger.TimesAreLimited(topic, limits.MaxAheadMs, limits.MaxBehindMs, e.Message);
            return limits;
        }
    }

    // Of the topics that are not the application's own it only has to know what they refuse.
    private async Task AskLimitsAsync(Topology topology, StreamsOptions options, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        var written = topology.SinkTopics.Concat(new[] { options.Faults.DeadLetterTopic, options.Time.LateTopic }.OfType<string>()).Distinct().Where(t => !_limits.ContainsKey(t)).ToList();
        var existing = await admin.PartitionCountsForWritingAsync(written, cancellation).ConfigureAwait(false);
        var missing = written.FindAll(t => !existing.ContainsKey(t));
        // Who goes on after such a fault may create them later.
        if (missing.Count > 0 && options.Faults is { OnProduction: FaultResponse.Fail, Handler: null })
            throw MissingSinks(missing, topology, options);
        missing.ForEach(logger.SinkIsMissing);
        foreach (var (topic, configs) in await ConfigsAsync([.. existing.Keys], admin, logger, cancellation).ConfigureAwait(false))
            _limits[topic] = TopicLimits.Of(configs);
    }

    private static TopologyException MissingSinks(List<string> missing, Topology topology, StreamsOptions options)
    {
        var named = missing.ConvertAll(topic => topology.SubTopologies.SelectMany(static s => s.Sinks).FirstOrDefault(s => !s.IsRepartition && s.Topic == topic) is { } sink
            ? $"'{topic}' (sink '{sink.Name}')"
            : $"'{topic}' ({(topic == options.Faults.DeadLetterTopic ? "Faults.DeadLetterTopic" : "Time.LateTopic")})");
        return new($"Topic(s) {string.Join(", ", named)}, which the application writes, do not exist, and the broker does not create them by itself. Create them first, "
            + $"or set Faults.{nameof(FaultOptions.OnProduction)} to {nameof(FaultResponse.Skip)} to start without them: records for them are dropped and counted until they exist.");
    }

    // Who may write a topic need not be permitted to see its settings.
    private static async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ConfigsAsync(
        IReadOnlyCollection<string> topics, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        try
        {
            return await admin.TopicConfigsAsync(topics, cancellation).ConfigureAwait(false);
        }
        catch (LogException e) when (!e.IsRetriable)
        {
            logger.SettingsUnknown(e.Message);
            return new Dictionary<string, IReadOnlyDictionary<string, string>>();
        }
    }

    // A topic that Kafka Streams made, or the Observed clock: the broker would delete a backlog's state by the age of its records.
    private static async Task LiftRetentionAsync(
        List<TopicSpec> wanted, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> configs, ILogAdmin admin, ILogger logger, CancellationToken cancellation)
    {
        foreach (var topic in wanted.Where(t => t.Configs.GetValueOrDefault(Retention) == Unlimited))
        {
            var present = configs.GetValueOrDefault(topic.Name)?.GetValueOrDefault(Retention) ?? Unlimited;
            if (present == Unlimited)
                continue;
            logger.RetentionIsLifted(topic.Name, present);
            await admin.SetTopicConfigsAsync(topic.Name, new Dictionary<string, string> { [Retention] = Unlimited }, cancellation).ConfigureAwait(false);
        }
    }
}
