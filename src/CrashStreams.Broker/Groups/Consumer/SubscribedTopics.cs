using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// The existing topics that a member subscribes to. Members with the same pattern share what it matches: a thousand members times ten thousand topics are never written out.
/// </summary>
/// <param name="Named">Those that it names, in the order of their names.</param>
/// <param name="Matched">Those that its pattern matches.</param>
internal readonly record struct SubscribedTopics(IReadOnlyList<TopicInfo> Named, IReadOnlyList<TopicInfo> Matched)
{
    /// <summary>At most; some may be in both.</summary>
    public int Count => Named.Count + Matched.Count;

    /// <summary>Each once, in the order of their names.</summary>
    public IReadOnlyList<TopicInfo> InOrder() =>
        Named.Count == 0 ? Matched : Matched.Count == 0 ? Named : [.. Named.Union(Matched).OrderBy(topic => topic.Name, StringComparer.Ordinal)];
}
