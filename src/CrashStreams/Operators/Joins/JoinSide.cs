namespace CrashStreams.Operators;

/// <summary>One side of a stream-stream join: where its own records go and the other's are.</summary>
/// <param name="IsLeft">Which.</param>
/// <param name="OwnStore">The store of its records.</param>
/// <param name="OtherStore">The store of the other side's.</param>
/// <param name="UnmatchedStore">Records that wait for a partner, of both sides; null in an inner join.</param>
/// <param name="BeforeMs">How much earlier a partner may be; negative: it has to be later by so much.</param>
/// <param name="AfterMs">How much later a partner may be; negative: it has to be earlier by so much.</param>
/// <param name="GraceMs">How long partners are waited for after that.</param>
/// <param name="KeepsUnmatched">Whether its records come out without a partner, too.</param>
/// <param name="OtherKeepsUnmatched">The same of the other side.</param>
internal sealed record JoinSide(
    bool IsLeft, string OwnStore, string OtherStore, string? UnmatchedStore, long BeforeMs, long AfterMs, long GraceMs, bool KeepsUnmatched, bool OtherKeepsUnmatched)
{
    /// <summary>
    /// When a record of this side needs no partner any more with the Watermarks clock: what comes then is too late for it. The last instant of its window and grace belongs to it; a window that
    /// ends before the record's own time does not make the record late.
    /// </summary>
    public long HeldUntil(long timestamp) => timestamp + HeldMs(AfterMs);

    /// <summary>The same for a record of the other side.</summary>
    public long OtherHeldUntil(long timestamp) => timestamp + HeldMs(BeforeMs);

    /// <summary>The last stream time at which Kafka Streams keeps a record of this side waiting.</summary>
    public long ObservedHeldThrough(long timestamp) => timestamp + AfterMs + GraceMs;

    /// <summary>The same for a record of the other side.</summary>
    public long OtherObservedHeldThrough(long timestamp) => timestamp + BeforeMs + GraceMs;

    private long HeldMs(long partnerMs) => Math.Max(partnerMs, 0) + GraceMs + 1;
}
