namespace CrashStreams.Broker.Transactions;

/// <summary>
/// Where a transactional id stands.
/// <code>
///            add partition or group             EndTxn(commit)                  markers written
///   Empty ──────────────────────────► Ongoing ─────────────────► PrepareCommit ────────────────► CompleteCommit
///                                       ▲ │                                                         │
///                                       │ └─────────────────────► PrepareAbort ────────────────► CompleteAbort
///                                       │   EndTxn(abort), timeout, a newer InitProducerId          │
///                                       └──────────── add partition or group ───────────────────────┘
/// </code>
/// An EndTxn(abort) of an empty transaction under KIP-890 goes straight to CompleteAbort; InitProducerId brings a completed one back to
/// Empty; Empty and completed ones are Dead when they have been idle for too long. PrepareX is durable before the first marker is
/// written, so a crash between two markers is finished on restart, with the same result.
/// </summary>
internal enum TransactionState : byte
{
    Empty,
    Ongoing,
    PrepareCommit,
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,
    Dead,
}

internal static class TransactionTransitions
{
    public static bool IsPrepared(this TransactionState state) => state is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    public static bool IsComplete(this TransactionState state) => state is TransactionState.CompleteCommit or TransactionState.CompleteAbort;

    /// <summary>Every legal move; anything else is a defect of the coordinator.</summary>
    public static TransactionState To(this TransactionState from, TransactionState to)
    {
        var isLegal = (from, to) switch
        {
            (TransactionState.Empty, TransactionState.Empty or TransactionState.Ongoing or TransactionState.CompleteAbort or TransactionState.Dead) => true,
            (TransactionState.Ongoing, TransactionState.Ongoing or TransactionState.PrepareCommit or TransactionState.PrepareAbort) => true,
            (TransactionState.PrepareCommit, TransactionState.CompleteCommit) => true,
            (TransactionState.PrepareAbort, TransactionState.CompleteAbort) => true,
            (TransactionState.CompleteCommit or TransactionState.CompleteAbort,
                TransactionState.Empty or TransactionState.Ongoing or TransactionState.CompleteAbort or TransactionState.Dead) => true,
            _ => false,
        };
        return isLegal ? to : throw new InvalidOperationException($"A transaction can't go from {from} to {to}.");
    }
}
