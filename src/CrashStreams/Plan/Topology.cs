using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>
/// What an application does with its topics: a graph of sources, operators, stores and sinks, checked and ready to run.
/// Made by <see cref="StreamsBuilder.Build"/>; one topology may be run by many applications and test drivers.
/// </summary>
public sealed class Topology
{
    internal Topology(IReadOnlyList<TopologyNode> nodes, IReadOnlyList<RepartitionTopic> repartitionTopics, IReadOnlyList<string> warnings)
    {
        SubTopologies = SubTopology.Split(nodes);
        RepartitionTopics = repartitionTopics.ToDictionary(t => t.Name);
        Warnings = [.. warnings, .. ClockLoops.Break(SubTopologies)];
    }

    internal IReadOnlyList<SubTopology> SubTopologies { get; }

    /// <summary>How far event time has to go beyond a record for every window that its effects are in to close: at most through all windowings that do close.</summary>
    internal long HorizonMs => SubTopologies.SelectMany(s => s.Nodes).OfType<ITimeSpanNode>().Where(n => n.SpanMs <= LongestWindowMs).Sum(n => n.SpanMs);

    // Three hundred thousand years. Longer ones are those without an end.
    private const long LongestWindowMs = 10_000_000_000_000_000;

    internal IReadOnlyList<IGlobalTableNode> GlobalTables => SubTopologies.SelectMany(s => s.Nodes).OfType<IGlobalTableNode>().ToList();

    internal IReadOnlyDictionary<string, RepartitionTopic> RepartitionTopics { get; }

    /// <summary>
    /// What is legal but will hurt later, for example a store or a repartition topic with a generated name: adding an operator before it
    /// changes the name and loses the state.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The topics that other applications write.</summary>
    public IReadOnlyList<string> SourceTopics => SubTopologies
        .SelectMany(s => s.Sources).Where(s => !s.IsRepartition).SelectMany(s => s.Topics).Distinct().ToList();

    /// <summary>The topics that the application writes and that are not its own; those chosen per record are not known here.</summary>
    public IReadOnlyList<string> SinkTopics => SubTopologies
        .SelectMany(s => s.Sinks).Where(s => !s.IsRepartition && s.Topic is not null).Select(s => s.Topic!).Distinct().ToList();

    /// <summary>The graph in the text format of Kafka Streams' <c>Topology.describe()</c>.</summary>
    public string Describe() => TopologyText.Describe(SubTopologies);

    /// <summary>The graph as a Mermaid flow chart, for documentation.</summary>
    public string ToMermaid() => TopologyText.Mermaid(SubTopologies);
}
