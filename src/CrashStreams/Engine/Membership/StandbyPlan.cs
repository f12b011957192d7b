using CrashStreams.Plan;

namespace CrashStreams.Engine;

/// <summary>
/// Which tasks a member would be given if any one of the other instances were lost: those are worth a warm copy. The broker assigns by range, so each member has a
/// run of partitions and the runs lie in the members' order, which nobody is told but everybody can see.
/// </summary>
internal static class StandbyPlan
{
    /// <param name="me">The member.</param>
    /// <param name="alive">All members, this one included.</param>
    /// <param name="taskCounts">Tasks of each sub-topology.</param>
    public static IReadOnlySet<TaskId> Of(string me, IReadOnlyList<Member> alive, IReadOnlyDictionary<int, int> taskCounts)
    {
        var wanted = new SortedSet<TaskId>();
        if (taskCounts.Count == 0 || alive.All(m => m.Name != me))
            return wanted;
        var inOrder = alive.OrderBy(m => Place(m, taskCounts)).ThenBy(static m => m.Name, StringComparer.Ordinal).ToList();
        foreach (var lost in inOrder.Select(static m => m.Instance).Distinct().Where(i => i != Member.InstanceOf(me)))
        {
            var left = inOrder.Where(m => m.Instance != lost).ToList();
            foreach (var index in Places(left, me, taskCounts))
            {
                foreach (var (subTopology, count) in taskCounts)
                {
                    var (start, length) = Run(index, left.Count, count);
                    wanted.UnionWith(Enumerable.Range(start, length).Select(p => new TaskId(subTopology, p)));
                }
            }
        }

        wanted.ExceptWith(inOrder.First(m => m.Name == me).Tasks.Where(static t => t.State != MemberTaskState.Standby).Select(static t => t.Id));
        return wanted;
    }

    // The order of those without a task can't be seen: each may be any of them.
    private static IEnumerable<int> Places(List<Member> inOrder, string me, IReadOnlyDictionary<int, int> taskCounts)
    {
        var mine = inOrder.FindIndex(m => m.Name == me);
        return Place(inOrder[mine], taskCounts) < int.MaxValue ? [mine] : Enumerable.Range(0, inOrder.Count).Where(i => Place(inOrder[i], taskCounts) == int.MaxValue);
    }

    // The first partition that it has of the widest sub-topology, where most members have one.
    private static int Place(Member member, IReadOnlyDictionary<int, int> taskCounts)
    {
        var widest = taskCounts.MaxBy(static c => c.Value).Key;
        return member.Tasks.Where(t => t.Id.SubTopology == widest && t.State != MemberTaskState.Standby).Select(static t => t.Id.Partition).Append(int.MaxValue).Min();
    }

    // Runs differ by one at most; the first ones are the longer ones.
    private static (int Start, int Length) Run(int index, int runs, int count)
    {
        var (length, longer) = (count / runs, count % runs);
        return ((index * length) + Math.Min(index, longer), length + (index < longer ? 1 : 0));
    }
}
