using CrashStreams.Plan;

namespace CrashStreams.Engine;

/// <summary>Where each source topic is read from without a position, by its source or by the application's options. A repartition topic is read from its beginning.</summary>
internal sealed class OffsetResets(StreamsOptions options, Topology topology)
{
    private readonly Dictionary<string, ISourceNode> _sources = topology.SubTopologies.SelectMany(static s => s.Sources).Where(static s => !s.IsRepartition)
        .SelectMany(static s => s.Topics.Select(t => (Topic: t, Source: s))).DistinctBy(static s => s.Topic).ToDictionary(static s => s.Topic, static s => s.Source);

    /// <summary>When no offset is committed.</summary>
    public OffsetReset WhenMissing(string topic) => _sources.TryGetValue(topic, out var source) ? source.OffsetReset ?? options.Delivery.OffsetReset : OffsetReset.Earliest;

    /// <summary>When the log does not hold the committed offset any more.</summary>
    public OffsetReset WhenOutOfRange(string topic) => (_sources.TryGetValue(topic, out var source) ? source.OffsetOutOfRange : null) ?? options.Delivery.OffsetOutOfRange;
}
