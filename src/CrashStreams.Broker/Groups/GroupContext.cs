using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Groups;

/// <summary>What a group needs from its surroundings.</summary>
/// <param name="Journal">Where groups and offsets are kept.</param>
/// <param name="Timers">The clock.</param>
/// <param name="Topics">The topics that can be subscribed to.</param>
/// <param name="Workers">For assignments that take long.</param>
/// <param name="Options">Limits and rhythms.</param>
/// <param name="NewMemberId">A fresh unique text; part of the member ids that the coordinator makes.</param>
internal sealed record GroupContext(IJournal Journal, ITimerQueue Timers, ITopicView Topics, IWorkers Workers, GroupOptions Options, Func<string> NewMemberId)
{
    /// <summary>What all groups together keep in memory.</summary>
    public StateBudget Budget { get; } = new(Options.MaxStateBytes);
}
