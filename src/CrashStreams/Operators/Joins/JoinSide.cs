namespace CrashStreams.Operators;

/// <summary>One side of a stream-stream join: where its own records go and the other's are.</summary>
/// <param name="IsLeft">Which.</param>
/// <param name="OwnStore">The store of its records.</param>
/// <param name="OtherStore">The store of the other side's.</param>
/// <param name="UnmatchedStore">Records that wait for a partner, of both sides; null in an inner join.</param>
/// <param name="BeforeMs">How much earlier a partner may be.</param>
/// <param name="AfterMs">How much later a partner may be.</param>
/// <param name="GraceMs">How long partners are waited for after that.</param>
/// <param name="KeepsUnmatched">Whether its records come out without a partner, too.</param>
internal sealed record JoinSide(
    bool IsLeft, string OwnStore, string OtherStore, string? UnmatchedStore, long BeforeMs, long AfterMs, long GraceMs, bool KeepsUnmatched)
{
    /// <summary>When a record of this side needs no partner any more: what comes then is too late for it.</summary>
    public long HeldUntil(long timestamp) => timestamp + AfterMs + GraceMs;

    /// <summary>The same for a record of the other side.</summary>
    public long OtherHeldUntil(long timestamp) => timestamp + BeforeMs + GraceMs;
}
