using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Testing.Simulation;

/// <summary>One place in a simulated partition.</summary>
/// <param name="Key">The key's bytes, or null for none.</param>
/// <param name="Value">The value's bytes, or null for a tombstone.</param>
/// <param name="Timestamp">Milliseconds since the Unix epoch.</param>
/// <param name="Headers">Headers, or null for none.</param>
/// <param name="Transaction">The transaction that it belongs to, or null.</param>
/// <param name="IsControl">Whether it is the end of a transaction, which no reader is shown.</param>
internal sealed record SimulatedEntry(byte[]? Key, byte[]? Value, long Timestamp, Headers? Headers, SimulatedTransaction? Transaction, bool IsControl)
{
    public static SimulatedEntry Of(in LogRecord record, SimulatedTransaction? transaction) => new(
        record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, record.Timestamp, record.Headers, transaction, false);

    public bool IsMarker => Headers?.Last(MarkerRecord.Header) is not null;

    public bool IsCommitted => !IsControl && Transaction is null or { State: TransactionState.Committed };

    public LogRecord ToRecord(int partitionIndex, long offset) => new()
    {
        PartitionIndex = partitionIndex, Key = Key, HasKey = Key is not null, Value = Value, HasValue = Value is not null,
        Offset = offset, Timestamp = Timestamp, Headers = Headers,
    };
}
