namespace CrashStreams.Broker.Server;

/// <summary>What a connection is doing, and counters that show whether anything moves.</summary>
/// <param name="IsUnauthenticated">The client has to say who it is and has not.</param>
/// <param name="IsInRequest">A request has begun and is not whole, and the broker is reading.</param>
/// <param name="IsSending">An answer is being sent.</param>
/// <param name="IsIdle">No request waits for its answer.</param>
/// <param name="Requests">Requests that came.</param>
/// <param name="Reads">How often bytes came.</param>
/// <param name="Sends">How often bytes were taken.</param>
/// <param name="HeldBytes">What its requests and unsent answers hold.</param>
internal readonly record struct ConnectionActivity(bool IsUnauthenticated, bool IsInRequest, bool IsSending, bool IsIdle, int Requests, int Reads, int Sends, long HeldBytes);

/// <summary>
/// Closes connections that hold something and bring nothing: half a request, an answer that nobody takes, no proof of who it is, or nothing at all. Looks at
/// each connection from time to time, which costs the connection itself nothing.
/// </summary>
internal sealed class ConnectionDeadlines(Limits limits, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private ConnectionActivity _last;
    private long _requestSince = time.GetTimestamp();
    private long _movedAt = time.GetTimestamp();

    /// <summary>Whether, at the last look, a request or an answer had been under way for longer than there is time for while memory is short.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Why the connection has to be closed; null when it may stay.</summary>
    public string? Check(in ConnectionActivity now)
    {
        var (last, at) = (_last, time.GetTimestamp());
        _last = now;
        if (!now.IsInRequest || !last.IsInRequest || now.Requests != last.Requests)
            _requestSince = at;
        if (now.Reads != last.Reads || now.Sends != last.Sends || now.IsIdle != last.IsIdle)
            _movedAt = at;
        IsStuck = (now.IsInRequest && Since(_requestSince) > limits.WhenMemoryIsShort) || (now.IsSending && Since(_movedAt) > limits.WhenMemoryIsShort);
        if (now.IsUnauthenticated && Since(_started) > limits.Authentication)
            return "it has not authenticated in time";
        if (now.IsInRequest && Since(_requestSince) > limits.HalfRequest)
            return "a request was begun and not finished in time";
        if (now.IsSending && Since(_movedAt) > limits.UntakenAnswer)
            return "it takes no answers";
        if (now.IsIdle && Since(_movedAt) > limits.Idle)
            return "it was idle for too long";
        return null;

        TimeSpan Since(long timestamp) => time.GetElapsedTime(timestamp, at);
    }
}
