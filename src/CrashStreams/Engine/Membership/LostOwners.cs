using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Ends the transactions that killed instances have left open. Until a transaction ends, what was written in it and behind it is read by nobody: neither the changelogs of
/// its tasks by their next owner nor results by their readers. The broker aborts it after its timeout (10 s by default); a producer that takes over its id, at once.
/// Which id that is the directory tells: a thread's name is its transactional id. To fence an owner that lives would end its thread, move its tasks, and so raise the next
/// suspicion. So an owner tells what it gives up before the group gives it to another, and a thread that begins that it has nothing. Suspect is who has told neither
/// when his task comes here, as far as what was told until then is known: this thread's own word of after that has come back.
/// </summary>
internal sealed class LostOwners(string name, string application, Topology topology, InstanceDirectory directory, ILogClients clients, ILogger logger)
{
    // A beat and what may hold it up. The group misses nobody sooner than this by much.
    private const long SilentMs = InstanceDirectory.BeatMs + 500;

    // How long the thread's own word may take to come back before partitions are taken over; longer, and the rest is done in later turns.
    private const int Polls = 5;

    private static readonly TimeSpan _pollWait = TimeSpan.FromMilliseconds(20);

    private readonly SortedSet<string> _suspects = new(StringComparer.Ordinal);
    private long _suspectedAtMs;

    /// <summary>Partitions have come here: whoever had their tasks may be lost. Fences at once if it can: an open transaction may hold their offsets as well.</summary>
    public void Suspect(IReadOnlyCollection<TopicPartition> partitions, long nowMs, Func<IReadOnlyList<MemberTask>> tasks)
    {
        var count = _suspects.Count;
        foreach (var subTopology in topology.SubTopologies)
        {
            var topics = subTopology.Sources.SelectMany(s => s.Topics.Select(t => InternalTopics.FullName(application, t, s.IsRepartition))).ToHashSet(StringComparer.Ordinal);
            foreach (var partition in partitions.Where(p => topics.Contains(p.Topic)))
            {
                if (directory.OwnerOf(new(subTopology.Id, partition.Partition), nowMs) is var (owner, _) && owner.Name != name)
                    _suspects.Add(owner.Name);
            }
        }

        if (_suspects.Count == count)
            return;
        _suspectedAtMs = nowMs;
        directory.Tell(nowMs, tasks());
        for (var poll = 0; poll < Polls && directory.CameBackMs < nowMs; poll++)
            directory.Listen(nowMs, _pollWait);
        RunOnce(nowMs);
    }

    /// <summary>Fences those who have stayed silent, and drops the suspicion of others.</summary>
    public void RunOnce(long nowMs)
    {
        if (_suspects.Count == 0 || directory.CameBackMs < _suspectedAtMs)
            return;
        foreach (var owner in _suspects.ToList())
        {
            var heardMs = directory.HeardAtMs(owner);
            if (heardMs is null || heardMs >= _suspectedAtMs)
                _suspects.Remove(owner);
            else if (nowMs - heardMs >= SilentMs && _suspects.Remove(owner))
                clients.RunAside(() => Fence(owner));
        }
    }

    private void Fence(string owner)
    {
        try
        {
            using var producer = clients.CreateProducer($"{name}-fencing-producer", owner);
            producer.InitTransactions();
            logger.OwnerSilent(name, owner);
        }
        catch (LogException e)
        {
            // Another heir was faster, or the broker will do it in its own time.
            logger.OwnerNotFenced(e, name, owner, e.Message);
        }
    }
}
