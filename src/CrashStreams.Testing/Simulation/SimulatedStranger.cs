using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>A consumer that joins the group of an application and is none of its instances: it gets partitions, does nothing with their records, and may commit. It commits no offset
/// that the application has not passed: where a task has left no trace yet, one that is ahead can't be told from one that an operator has set.</summary>
internal sealed class SimulatedStranger(SimulatedCluster cluster, IReadOnlyCollection<string> topics, double commitRate, SimulationRandom random)
{
    private const int MostMembers = 1000;

    private SimulatedMember? _member;

    public void Step()
    {
        if (_member is null or { IsGone: true })
            _member = cluster.Group.Join(random.Below(MostMembers), topics, static () => true);
        if (!cluster.Group.IsSettled(_member))
        {
            cluster.Group.Released(_member, cluster.Group.ToRevoke(_member));
            cluster.Group.Take(_member, static free => free);
        }

        if (_member.Owned.Count == 0 || !random.Chance(commitRate))
            return;
        var partition = random.Pick(_member.Owned.ToList());
        var most = cluster.Group.CommittedOffsets.GetValueOrDefault(partition).Offset;
        cluster.Group.Store(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(random.Below((int)most + 1), "") });
        cluster.Trace.Add(cluster.NowMs, -1, $"a stranger commits {partition}");
    }

    public void Leave()
    {
        if (_member is not null)
            cluster.Group.Leave(_member);
        _member = null;
    }
}
