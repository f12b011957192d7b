namespace CrashStreams.Broker.Groups.Classic;

/// <summary>
/// The phases of a classic group.
/// <code>
///               a member joins                    all joined, or time is up            the leader syncs
///   Empty ───────────────────► PreparingRebalance ────────────────► CompletingRebalance ──────────────► Stable
///     ▲                          │       ▲                               │                                │
///     └──── nobody is left ──────┘       └──── a member joins, leaves, ──┴── expires, changes its mind ───┘
///
///   any ──► Dead: deleted, expired, or turned into a KIP-848 group
/// </code>
/// </summary>
internal enum ClassicGroupState : byte
{
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
}

internal static class ClassicTransitions
{
    /// <summary>Every legal move; anything else is a defect of the coordinator.</summary>
    public static ClassicGroupState To(this ClassicGroupState from, ClassicGroupState to)
    {
        var isLegal = to switch
        {
            ClassicGroupState.PreparingRebalance => from is ClassicGroupState.Empty or ClassicGroupState.CompletingRebalance or ClassicGroupState.Stable,
            ClassicGroupState.CompletingRebalance or ClassicGroupState.Empty => from == ClassicGroupState.PreparingRebalance,
            ClassicGroupState.Stable => from == ClassicGroupState.CompletingRebalance,
            ClassicGroupState.Dead => from != ClassicGroupState.Dead,
            _ => false,
        };
        return isLegal ? to : throw new InvalidOperationException($"A classic group can't go from {from} to {to}.");
    }
}
