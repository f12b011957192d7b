using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>The open fetch sessions. When there are too many, the one unused for longest gives way; its client then gets error 70 and starts anew.</summary>
internal sealed class FetchSessions(Random random)
{
    private const int MaxSessions = 1000; // max.incremental.fetch.session.cache.slots
    private const int NoSessionEpoch = -1;
    private const int NewSessionEpoch = 0;

    private readonly Dictionary<int, FetchSession> _sessions = [];

    public int Count => _sessions.Count;

    /// <summary>The session of a request: a new one, the one it names, or null for a fetch without session.</summary>
    public FetchSession? Open(FetchRequest request, long nowMs, out ErrorCode error)
    {
        error = ErrorCode.None;
        if (request.SessionEpoch is NoSessionEpoch or NewSessionEpoch)
        {
            _sessions.Remove(request.SessionId);
            return request.SessionEpoch == NewSessionEpoch ? Create(request, nowMs) : null;
        }
        if (!_sessions.TryGetValue(request.SessionId, out var session))
            error = ErrorCode.FetchSessionIdNotFound;
        else if (session.NextEpoch != request.SessionEpoch)
            error = ErrorCode.InvalidFetchSessionEpoch;
        if (error != ErrorCode.None)
            return null;
        session!.LastUsedMs = nowMs;
        session.Advance();
        session.Update(request);
        return session;
    }

    private FetchSession? Create(FetchRequest request, long nowMs)
    {
        if (request.Topics.Count == 0)
            return null;
        if (_sessions.Count >= MaxSessions)
            _sessions.Remove(_sessions.Values.MinBy(session => session.LastUsedMs)!.Id);
        // Random, so that a client of before a restart can't hit a session that isn't its own.
        int id;
        do
            id = random.Next(1, int.MaxValue);
        while (_sessions.ContainsKey(id));
        var created = new FetchSession(id) { LastUsedMs = nowMs };
        created.Update(request);
        return _sessions[id] = created;
    }
}
