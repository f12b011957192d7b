using CrashStreams.Log;
using CrashStreams.Topologies;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Instances;

/// <summary>
/// Ends the transactions that killed instances have left open. Until a transaction ends, what was written in it and behind it is read by nobody: neither the changelogs of
/// its tasks by their next owner nor results by their readers. The broker aborts it after its timeout (10 s by default); a producer that takes over its id, at once.
/// Which id that is the directory tells: a thread's name is its transactional id. An owner that is alive and gave partitions up in order is left alone: it gives signs of life.
/// </summary>
internal sealed class LostOwners(string name, Topology topology, InstanceDirectory directory, ILogClients clients, ILogger logger)
{
    // A beat and what may hold it up. The group misses nobody sooner than this by much.
    private const long SilentMs = InstanceDirectory.BeatMs + 500;

    private readonly SortedSet<string> _suspects = new(StringComparer.Ordinal);
    private long _suspectedAtMs;

    /// <summary>Partitions have come here: whoever had them may be lost.</summary>
    public void Suspect(IEnumerable<TopicPartition> partitions, long nowMs)
    {
        foreach (var partition in partitions.Select(static p => p.Partition).Distinct())
        {
            foreach (var subTopology in topology.SubTopologies)
            {
                if (directory.OwnerOf(new(subTopology.Id, partition), nowMs) is var (owner, _) && owner.Name != name)
                    _suspects.Add(owner.Name);
            }
        }

        _suspectedAtMs = nowMs;
        RunOnce(nowMs);
    }

    /// <summary>Fences those who have stayed silent, and drops the suspicion of others.</summary>
    public void RunOnce(long nowMs)
    {
        if (_suspects.Count == 0)
            return;
        foreach (var owner in _suspects.ToList())
        {
            var heardMs = directory.HeardAtMs(owner);
            if (heardMs is null || heardMs > _suspectedAtMs)
                _suspects.Remove(owner);
            else if (nowMs - heardMs >= SilentMs && _suspects.Remove(owner))
                Fence(owner);
        }
    }

    private void Fence(string owner)
    {
        try
        {
            using var producer = clients.CreateProducer($"{name}-fencing-producer", owner);
            producer.InitTransactions();
            logger.LogInformation("{Thread}: {Owner}, whose tasks have come here, is silent; the transaction that it may have left open is aborted", name, owner);
        }
        catch (LogException e)
        {
            // Another heir was faster, or the broker will do it in its own time.
            logger.LogDebug(e, "{Thread}: {Owner} was not fenced: {Reason}", name, owner, e.Message);
        }
    }
}
