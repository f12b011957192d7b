using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>
/// The open fetch sessions. When there are too many, one that was not used for two minutes gives way, and its client starts another; when there is none such, the
/// newcomer fetches without a session, as in Apache Kafka: a session in use is never taken away by others.
/// </summary>
internal sealed class FetchSessions(Random random, int maxPartitionsOfOne)
{
    /// <summary><c>max.incremental.fetch.session.cache.slots</c>.</summary>
    public const int MaxSessions = 1000;

    /// <summary>Of all sessions together; twice as many as the broker may have.</summary>
    public const int MaxPartitions = 200_000;

    private const long EvictableAfterMs = 120_000; // min.incremental.fetch.session.eviction.ms
    private const int NoSessionEpoch = -1;
    private const int NewSessionEpoch = 0;

    private readonly Dictionary<int, FetchSession> _sessions = [];
    private int _partitions;

    public int Count => _sessions.Count;

    /// <summary>The session of a request: a new one, the one it names, or null for a fetch without session.</summary>
    public FetchSession? Open(FetchRequest request, string? user, long nowMs, out ErrorCode error)
    {
        error = ErrorCode.None;
        if (request.SessionEpoch is NoSessionEpoch or NewSessionEpoch)
        {
            if (Find(request.SessionId, user) is { } ended)
                Remove(ended.Id);
            return request.SessionEpoch == NewSessionEpoch ? Create(request, user, nowMs) : null;
        }
        var session = Find(request.SessionId, user);
        if (session is null)
            error = ErrorCode.FetchSessionIdNotFound;
        else if (session.NextEpoch != request.SessionEpoch)
            error = ErrorCode.InvalidFetchSessionEpoch;
        if (error != ErrorCode.None)
            return null;
        session!.LastUsedMs = nowMs;
        session.Advance();
        Update(session, request);
        if (_partitions <= MaxPartitions && session.Targets.Count <= maxPartitionsOfOne)
            return session;
        // The client goes on without a session, for which there is no room.
        Remove(session.Id);
        error = ErrorCode.FetchSessionIdNotFound;
        return null;
    }

    /// <summary>A session of the user's: that of another is not there for him.</summary>
    private FetchSession? Find(int id, string? user) => _sessions.TryGetValue(id, out var session) && session.Owner == user ? session : null;

    private FetchSession? Create(FetchRequest request, string? user, long nowMs)
    {
        var wanted = request.Topics.Sum(topic => topic.Partitions.Count);
        if (request.Topics.Count == 0 || !TryMakeRoom(wanted, nowMs))
            return null;
        // Random, so that a client of before a restart can't hit a session that isn't its own.
        int id;
        do
            id = random.Next(1, int.MaxValue);
        while (_sessions.ContainsKey(id));
        var created = new FetchSession(id, user) { LastUsedMs = nowMs };
        Update(created, request);
        return _sessions[id] = created;
    }

    private bool TryMakeRoom(int partitions, long nowMs)
    {
        while (_sessions.Count >= MaxSessions || _partitions + partitions > MaxPartitions)
        {
            if (_sessions.Values.MinBy(session => session.LastUsedMs) is not { } oldest || nowMs - oldest.LastUsedMs < EvictableAfterMs)
                return false;
            Remove(oldest.Id);
        }
        return true;
    }

    private void Update(FetchSession session, FetchRequest request)
    {
        var before = session.Targets.Count;
        session.Targets.Update(request);
        _partitions += session.Targets.Count - before;
    }

    private void Remove(int id)
    {
        if (_sessions.Remove(id, out var removed))
            _partitions -= removed.Targets.Count;
    }
}
