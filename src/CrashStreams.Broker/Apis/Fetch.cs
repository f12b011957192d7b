using CrashStreams.Broker.Fetching;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Reads partitions; waits up to the client's limit until there is enough to read.</summary>
internal sealed class Fetch(BrokerCore core)
{
    private readonly FetchSessions _sessions = new(core.Random, core.Options.Limits.FetchPartitions);
    private readonly WaitingFetches _waiting = new();

    /// <summary>Answers the waiting fetches whose partitions have moved in this turn of the loop.</summary>
    public void CompleteReady() => _waiting.CompleteReady();

    public void Handle(FetchRequest request, RequestContext context, Action<FetchResponse?> reply)
    {
        core.Flushes.Complete(); // nobody is to read what a power cut could still take back
        var partitions = request.Topics.Sum(topic => topic.Partitions.Count);
        if (partitions > core.Options.Limits.FetchPartitions)
        {
            reply(new FetchResponse { ErrorCode = ErrorCode.InvalidRequest });
            return;
        }
        var session = _sessions.Open(request, context.User, core.Timers.NowMs, out var error);
        if (error != ErrorCode.None)
        {
            reply(new FetchResponse { ErrorCode = error });
            return;
        }
        // A snapshot: a session rotates while it is being answered.
        var targets = session is not null ? session.Targets.InOrder() : Rotate(Targets(request, partitions));
        var read = new FetchRead(request, context.Version, session, targets, core.Topics);
        var mustAnswer = request.MaxWaitMs <= 0 || request.MinBytes <= 0 || targets.Count == 0 || session is not null && request.SessionEpoch == 0;
        if (read.IsLong)
            Waiting(read, request, context, reply).Look(mustAnswer);
        else if (read.TryRead(mustAnswer) is { } response)
            reply(response);
        else
            Waiting(read, request, context, reply).Wait();
    }

    private WaitingFetch Waiting(FetchRead read, FetchRequest request, RequestContext context, Action<FetchResponse?> reply) => new(read, core, _waiting, context.Session, reply)
    {
        MaxWaitMs = Math.Min(request.MaxWaitMs, (long)core.Options.Limits.FetchWait.TotalMilliseconds),
    };

    /// <summary>Each partition once: one that is named again is read from where its last naming says, as in a session.</summary>
    private static List<FetchTarget> Targets(FetchRequest request, int partitions)
    {
        var targets = new FetchTargets(partitions);
        targets.Update(request);
        return targets.InOrder();
    }

    /// <summary>
    /// Without a session nobody remembers who came first last time: begin anywhere, or the last partitions starve. A counter would not do:
    /// clients that take turns would each find the same partition first, always.
    /// </summary>
    private List<FetchTarget> Rotate(List<FetchTarget> targets)
    {
        if (targets.Count < 2)
            return targets;
        var start = core.Random.Next(targets.Count);
        return [.. targets[start..], .. targets[..start]];
    }
}
