using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>Which existing topics members subscribe to. Worked out once for each set of names and each pattern, and again only when topics come, go or grow.</summary>
internal sealed class Subscriptions(ITopicView topics)
{
    private readonly Dictionary<(string Pattern, string TopicPrefix), List<TopicInfo>> _byPattern = [];
    private readonly Dictionary<object, List<TopicInfo>> _byNames = new(ReferenceEqualityComparer.Instance);
    private long _version = -1;

    /// <summary>A member's topics, in the order of their names: those of what it subscribes to that its user may read.</summary>
    public IReadOnlyList<TopicInfo> TopicsOf(ConsumerMember member)
    {
        Refresh();
        if (!_byNames.TryGetValue(member.TopicNames, out var named))
            _byNames[member.TopicNames] = named = Named(member.TopicNames);
        if (member.TopicPrefix.Length > 0)
            named = [.. named.Where(topic => IsUnder(member.TopicPrefix, topic))];
        if (member.Pattern is not { } pattern)
            return named;
        var matched = Matched(pattern, member.TopicPrefix);
        return named.Count == 0 ? matched : [.. named.Union(matched).OrderBy(topic => topic.Name, StringComparer.Ordinal)];
    }

    /// <summary>Whether a pattern can be compared with all topics in the time that it may take.</summary>
    public bool TryMatch(TopicPattern pattern, string topicPrefix)
    {
        Refresh();
        if (!TryMatch(pattern, topicPrefix, out var matched))
            return false;
        _byPattern[(pattern.Text, topicPrefix)] = matched;
        return true;
    }

    private List<TopicInfo> Named(IEnumerable<string> names)
    {
        var named = new List<TopicInfo>();
        foreach (var name in names)
            if (topics.TryGet(name, out var topic))
                named.Add(topic);
        return named;
    }

    /// <summary>A pattern that takes too long with the topics that have come since it was accepted has those that it found in its time.</summary>
    private List<TopicInfo> Matched(TopicPattern pattern, string topicPrefix)
    {
        if (!_byPattern.TryGetValue((pattern.Text, topicPrefix), out var matched))
        {
            _ = TryMatch(pattern, topicPrefix, out matched);
            _byPattern[(pattern.Text, topicPrefix)] = matched;
        }
        return matched;
    }

    private bool TryMatch(TopicPattern pattern, string topicPrefix, out List<TopicInfo> matched) =>
        pattern.TryMatch(topics.All.Where(topic => IsUnder(topicPrefix, topic)), topic => topic.Name, out matched);

    private static bool IsUnder(string topicPrefix, TopicInfo topic) => topic.Name.StartsWith(topicPrefix, StringComparison.Ordinal);

    private void Refresh()
    {
        if (_version == topics.Version && _byNames.Count < MostRemembered && _byPattern.Count < MostRemembered)
            return;
        _version = topics.Version;
        _byNames.Clear();
        _byPattern.Clear();
    }

    /// <summary>Members that change their minds leave what they subscribed to before; it is dropped when there is much of it.</summary>
    private const int MostRemembered = 2000;
}
