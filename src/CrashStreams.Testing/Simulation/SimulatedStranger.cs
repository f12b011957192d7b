using CrashStreams.Engine;
using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// A consumer that joins the group of an application and is none of its instances: it gets partitions, does nothing with their records, and may commit, also far ahead of what was processed. It leaves an offset of
/// each topic to the application: where there is none, an offset can't be told from one that an operator has set for the first start.
/// </summary>
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
        // Of a topic with one partition the application's offset is the only one.
        var leavesOthers = IsCommittedByTheApplicationBeside(partition);
        if (!leavesOthers && cluster.PartitionCount(partition.Topic) > 1)
            return;
        var most = leavesOthers ? cluster.Partition(partition).End : cluster.Group.CommittedOffsets.GetValueOrDefault(partition).Offset;
        var offset = random.Below((int)most + 1);
        cluster.Group.Store(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(offset, "") });
        cluster.Trace.Add(cluster.NowMs, -1, $"a stranger commits {partition}", offset);
    }

    private bool IsCommittedByTheApplicationBeside(TopicPartition partition) => cluster.Group.CommittedOffsets
        .Any(c => c.Key.Topic == partition.Topic && c.Key != partition && CommittedPosition.Parse(c.Value.Metadata).IsOwn);

    public void Leave()
    {
        if (_member is not null)
            cluster.Group.Leave(_member);
        _member = null;
    }
}
