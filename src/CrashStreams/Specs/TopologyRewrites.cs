namespace CrashStreams;

/// <summary>
/// How a topology may be simplified when it is built. Results are the same; topics, stores and the description are not, so changing the rewrites of a running application is a change of its topology
/// (<see cref="TopologyCompatibility"/>). Kafka Streams' setting is <c>topology.optimization</c>.
/// </summary>
[Flags]
public enum TopologyRewrites
{
    /// <summary>Everything is as it was declared.</summary>
    None = 0,

    /// <summary>All aggregations of one grouped stream read one repartition topic, named by the first. Otherwise each has its own, unless <see cref="Grouped{TKey, TValue}.Name"/> names it.</summary>
    SharedRepartitionTopics = 1,

    /// <summary>An inner join of a stream with itself, in windows that reach as far before as after, keeps each record once, in one store instead of two; a record that is late is counted once.</summary>
    SelfJoins = 2,

    /// <summary>All of them.</summary>
    All = SharedRepartitionTopics | SelfJoins,
}
