using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// What a broker remembers of a connection's fetches (KIP-227): a request names only the partitions that changed, an answer only those that have something new. An idle reader of a
/// thousand partitions sends and gets some bytes.
/// </summary>
internal sealed class FetchSession
{
    private const short FirstWithIds = 13;
    private readonly Dictionary<(Guid Id, string Topic, int Partition), Told> _told = [];
    private int _id;
    private int _epoch;
    private int _round;

    /// <summary>The next request names everything.</summary>
    public void Reset()
    {
        _told.Clear();
        (_id, _epoch) = (0, 0);
    }

    /// <summary>The request for these partitions, and no others.</summary>
    public FetchRequest Request(List<WantedFetch> wanted, short version, int partitionBytes)
    {
        var request = new FetchRequest { SessionId = _id, SessionEpoch = _epoch };
        _round++;
        foreach (var fetch in wanted)
        {
            var key = KeyOf(fetch, version);
            var isTold = _told.TryGetValue(key, out var told) && told.Wanted.Offset == fetch.Offset && told.Wanted.LeaderEpoch == fetch.LeaderEpoch;
            _told[key] = new(fetch, _round);
            if (isTold && _epoch > 0)
                continue;
            Add(request.Topics, key).Partitions.Add(new()
            {
                Partition = key.Partition,
                FetchOffset = fetch.Offset,
                CurrentLeaderEpoch = fetch.LeaderEpoch,
                PartitionMaxBytes = partitionBytes,
            });
        }

        if (_told.Count > wanted.Count)
            Forget(request);
        return request;
    }

    /// <summary>What was asked for that an answer speaks of; false when it was not.</summary>
    public bool TryFind(Guid id, string topic, int partition, out WantedFetch wanted)
    {
        var isFound = _told.TryGetValue((id, id == Guid.Empty ? topic : "", partition), out var told) && told.Round == _round;
        wanted = told.Wanted;
        return isFound;
    }

    /// <summary>Goes on after an answer. False: the broker has forgotten the session, and has answered nothing.</summary>
    public bool Answered(FetchResponse response)
    {
        if (response.ErrorCode != ErrorCode.None)
        {
            Reset();
            return false;
        }

        _id = response.SessionId;
        // A broker that keeps no session answers 0. After the largest epoch comes 1: 0 begins a new session.
        _epoch = _id == 0 ? 0 : _epoch == int.MaxValue ? 1 : _epoch + 1;
        return true;
    }

    private void Forget(FetchRequest request)
    {
        foreach (var (key, told) in _told)
        {
            if (told.Round == _round)
                continue;
            _told.Remove(key);
            if (_epoch == 0)
                continue;
            var topic = request.ForgottenTopicsData.FindLast(topic => topic.TopicId == key.Id && topic.Topic == key.Topic);
            if (topic is null)
                request.ForgottenTopicsData.Add(topic = new() { TopicId = key.Id, Topic = key.Topic });
            topic.Partitions.Add(key.Partition);
        }
    }

    private static (Guid Id, string Topic, int Partition) KeyOf(in WantedFetch fetch, short version) =>
        version >= FirstWithIds ? (fetch.TopicId, "", fetch.Of.Partition.Partition) : (Guid.Empty, fetch.Of.Partition.Topic, fetch.Of.Partition.Partition);

    private static FetchRequest.FetchTopic Add(List<FetchRequest.FetchTopic> topics, (Guid Id, string Topic, int Partition) key)
    {
        if (topics.FindLast(topic => topic.TopicId == key.Id && topic.Topic == key.Topic) is { } present)
            return present;
        var topic = new FetchRequest.FetchTopic { TopicId = key.Id, Topic = key.Topic };
        topics.Add(topic);
        return topic;
    }

    private readonly record struct Told(WantedFetch Wanted, int Round);
}

/// <summary>A partition to fetch, as it was when the request was made.</summary>
internal readonly record struct WantedFetch(PartitionFetch Of, long Offset, int Generation, int LeaderEpoch, Guid TopicId);
