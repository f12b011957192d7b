namespace CrashStreams.Broker;

/// <summary>What a user may do. See <see cref="BrokerOptions.Access"/>.</summary>
public sealed record UserAccess
{
    /// <summary>Whether the user may only read: records, offsets, descriptions; and take part in groups, with the commits that belong to that. Default: no.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// The topics, consumer groups and transactional ids that the user may name, and see: those whose names begin with this. Default: all.
    /// </summary>
    public string TopicPrefix { get; init; } = "";

    /// <summary>What users without an entry may do.</summary>
    internal static UserAccess Everything { get; } = new();

    /// <summary>Whether a topic, group or transactional id is the user's.</summary>
    internal bool Covers(string name) => name.StartsWith(TopicPrefix, StringComparison.Ordinal);
}
