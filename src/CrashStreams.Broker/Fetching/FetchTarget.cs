using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Fetching;

/// <summary>One partition that a client wants to read, and what it was told of it last (for incremental sessions).</summary>
internal sealed class FetchTarget(string topic, Guid topicId, int index)
{
    public string Topic => topic;

    public Guid TopicId => topicId;

    public int Index => index;

    public long FetchOffset { get; set; }

    public int MaxBytes { get; set; }

    public int CurrentLeaderEpoch { get; set; } = -1;

    public long ToldHighWatermark { get; set; } = -1;

    public long ToldLastStableOffset { get; set; } = -1;

    public long ToldLogStartOffset { get; set; } = -1;

    /// <summary>The partition, or why there is none; looked up anew at every read, since topics come and go.</summary>
    public Partition? Resolve(TopicCatalog catalog, bool byId, out ErrorCode error)
    {
        var found = byId ? catalog.Find(topicId) : catalog.Find(topic);
        error = found is null
            ? byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition
            : ErrorCode.None;
        var partition = found?.Find(index);
        if (found is not null && partition is null)
            error = ErrorCode.UnknownTopicOrPartition;
        // There is one leader, whose epoch stays 0.
        else if (partition is not null && CurrentLeaderEpoch > 0)
            error = ErrorCode.UnknownLeaderEpoch;
        return error == ErrorCode.None ? partition : null;
    }
}
