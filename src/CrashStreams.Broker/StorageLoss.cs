namespace CrashStreams.Broker;

/// <summary>
/// Stored data that a start found damaged or missing, or the verification in the background after it. Damaged data behind which nothing sound can follow is
/// cut off.
/// </summary>
/// <param name="Log">Whose data it was: a partition as <c>topic-0</c>, or a journal, <c>groups</c> or <c>transactions</c>.</param>
/// <param name="File">The file where the damage begins, by its path in the data directory.</param>
/// <param name="Position">The first damaged byte in it.</param>
/// <param name="FromOffset">The first offset that is concerned.</param>
/// <param name="Records">How many offsets are known to have been there; more may have followed.</param>
/// <param name="Bytes">How many bytes were cut off, are missing or can't be trusted.</param>
/// <param name="Problem">What was found and what was done about it.</param>
public sealed record StorageLoss(string Log, string File, long Position, long FromOffset, long Records, long Bytes, string Problem);
