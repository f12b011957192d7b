using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>Which existing topics members subscribe to. Worked out once for each member's names and each pattern, and again only when topics come, go or grow.</summary>
internal sealed class Subscriptions(ITopicView topics, int maxPatterns)
{
    /// <summary>What patterns may take in one request, in steps of nanoseconds: about 20 ms.</summary>
    private const long MostSteps = 5_000_000;

    /// <summary>A topic's id tells it from others; what has grown is another one, too.</summary>
    private static readonly IEqualityComparer<TopicInfo> s_byId = EqualityComparer<TopicInfo>.Create((one, other) => one == other, topic => topic.Id.GetHashCode());

    private readonly Dictionary<(string Pattern, string TopicPrefix), Match> _byPattern = [];
    private long _stepsLeft = MostSteps;

    /// <summary>Whether all that was asked since <see cref="Begin"/> was worked out with the topics of now.</summary>
    public bool AreCurrent { get; private set; } = true;

    /// <summary>To be called for each request: what is left of the steps for another one begins again.</summary>
    public void Begin() => (_stepsLeft, AreCurrent) = (MostSteps, true);

    /// <summary>A member's topics: those of what it subscribes to that its user may read.</summary>
    public SubscribedTopics TopicsOf(ConsumerMember member) =>
        new(member.TopicsByName(topics), member.Pattern is { } pattern ? Matched(pattern, member.TopicPrefix) : []);

    /// <summary>The topics of all members.</summary>
    public HashSet<TopicInfo> TopicsOf(IEnumerable<ConsumerMember> members)
    {
        var all = new HashSet<TopicInfo>(s_byId);
        var known = new HashSet<IReadOnlyList<TopicInfo>>(ReferenceEqualityComparer.Instance);
        foreach (var member in members)
        {
            var topics = TopicsOf(member);
            all.UnionWith(topics.Named);
            if (known.Add(topics.Matched))
                all.UnionWith(topics.Matched);
        }
        return all;
    }

    /// <summary>Whether a pattern can be compared with all topics in the steps that it may take.</summary>
    public bool TryMatch(TopicPattern pattern, string topicPrefix)
    {
        if (_byPattern.TryGetValue((pattern.Text, topicPrefix), out var known) && known.Version == topics.Version)
            return true;
        var steps = MostSteps;
        if (!TryMatch(pattern, topicPrefix, ref steps, out var matched))
            return false;
        Remember(pattern, topicPrefix, matched);
        return true;
    }

    /// <summary>
    /// A pattern that takes too long with the topics that have come since it was accepted has those that it found in its steps. One for which this request has none left has what it had
    /// before, until the next.
    /// </summary>
    private List<TopicInfo> Matched(TopicPattern pattern, string topicPrefix)
    {
        var isKnown = _byPattern.TryGetValue((pattern.Text, topicPrefix), out var known);
        if (isKnown && known!.Version == topics.Version)
            return known.Topics;
        if (_stepsLeft < 0)
        {
            AreCurrent = false;
            return known?.Topics ?? [];
        }
        var isAlone = _stepsLeft == MostSteps;
        if (!TryMatch(pattern, topicPrefix, ref _stepsLeft, out var matched) && !isAlone)
        {
            AreCurrent = false;
            return known?.Topics ?? [];
        }
        Remember(pattern, topicPrefix, matched);
        return matched;
    }

    /// <summary>Members that change their minds leave what they subscribed to before; it is dropped when there is more than members can have.</summary>
    private void Remember(TopicPattern pattern, string topicPrefix, List<TopicInfo> matched)
    {
        if (_byPattern.Count >= 2 * maxPatterns)
            _byPattern.Clear();
        _byPattern[(pattern.Text, topicPrefix)] = new Match(topics.Version, matched);
    }

    private bool TryMatch(TopicPattern pattern, string topicPrefix, ref long steps, out List<TopicInfo> matched) =>
        pattern.TryMatch(topics.All.Where(topic => IsUnder(topicPrefix, topic)), topic => topic.Name, ref steps, out matched);

    private static bool IsUnder(string topicPrefix, TopicInfo topic) => topic.Name.StartsWith(topicPrefix, StringComparison.Ordinal);

    private sealed record Match(long Version, List<TopicInfo> Topics);
}
