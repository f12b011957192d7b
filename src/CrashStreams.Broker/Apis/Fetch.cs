using CrashStreams.Broker.Fetching;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Reads partitions; waits up to the client's limit until there is enough to read.</summary>
internal sealed class Fetch(BrokerCore core)
{
    private readonly FetchSessions _sessions = new(core.Random);
    private readonly WaitingFetches _waiting = new();

    /// <summary>Answers the waiting fetches whose partitions have moved in this turn of the loop.</summary>
    public void CompleteReady() => _waiting.CompleteReady();

    public void Handle(FetchRequest request, RequestContext context, Action<FetchResponse> reply)
    {
        core.Flushes.Complete(); // nobody is to read what a power cut could still take back
        var session = _sessions.Open(request, core.Timers.NowMs, out var error);
        if (error != ErrorCode.None)
        {
            reply(new FetchResponse { ErrorCode = error });
            return;
        }
        // A snapshot: a session rotates while it is being answered.
        var targets = session is not null ? [.. session.Targets] : Rotate(Targets(request));
        var read = new FetchRead(request, context.Version, session, targets, core.Topics);
        var mustAnswer = request.MaxWaitMs <= 0 || request.MinBytes <= 0 || targets.Count == 0 || session is not null && request.SessionEpoch == 0;
        if (read.TryRead(mustAnswer) is { } response)
            reply(response);
        else
            Wait(read, request.MaxWaitMs, reply);
    }

    private void Wait(FetchRead read, int maxWaitMs, Action<FetchResponse> reply)
    {
        var partitions = read.Partitions();
        var fetch = new WaitingFetch(read, partitions, _waiting, reply);
        fetch.Timeout = core.Timers.Schedule(core.Timers.NowMs + maxWaitMs, fetch.TimeIsUp);
        foreach (var partition in partitions)
            partition.Await(fetch);
    }

    private static List<FetchTarget> Targets(FetchRequest request)
    {
        var targets = new List<FetchTarget>();
        foreach (var topic in request.Topics)
            foreach (var partition in topic.Partitions)
                targets.Add(new FetchTarget(topic.Topic, topic.TopicId, partition.Partition)
                {
                    FetchOffset = partition.FetchOffset,
                    MaxBytes = partition.PartitionMaxBytes,
                    CurrentLeaderEpoch = partition.CurrentLeaderEpoch,
                });
        return targets;
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
