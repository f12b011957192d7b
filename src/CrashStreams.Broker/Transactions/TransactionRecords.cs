using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>
/// The journal records of the transaction coordinator (the `__transaction_state` topic).
/// <code>
/// kind 1, transaction      key: 1, transactional id     value v1: producer id i64, epoch i16, previous id i64, epoch i16, marker id i64,
///                                                       epoch i16, timeout ms i32, state u8, start ms i64, last update ms i64,
///                                                       partitions [topic, i32], groups [id]; tombstone: forgotten
/// kind 2, producer ids     key: 2                       value v1: i64, all producer ids below it are taken
/// </code>
/// </summary>
internal static class TransactionRecords
{
    public const byte TransactionKind = 1;
    public const byte ProducerIdsKind = 2;
    private const byte Version = 1;

    public static JournalEntry ForgetTransaction(string transactionalId) => new(TransactionKey(transactionalId), null);

    public static JournalEntry Of(Transaction transaction) => new(TransactionKey(transaction.TransactionalId), JournalLayout.Build(Version, value =>
    {
        Write(value, transaction.Producer);
        Write(value, transaction.Previous);
        Write(value, transaction.Marker);
        value.Write(transaction.TimeoutMs);
        value.Write((byte)transaction.State);
        value.Write(transaction.StartMs);
        value.Write(transaction.LastUpdateMs);
        value.WriteList(transaction.Partitions, partition =>
        {
            value.Write(partition.Topic);
            value.Write(partition.Partition);
        });
        value.WriteList(transaction.Groups, value.Write);
    }));

    public static JournalEntry ProducerIdsTaken(long below) =>
        new([ProducerIdsKind], JournalLayout.Build(Version, value => value.Write(below)));

    public static Transaction ReadTransaction(string transactionalId, ReadOnlySpan<byte> value)
    {
        var reader = JournalLayout.OpenValue(value, Version);
        var producer = ReadIdentity(reader);
        var previous = ReadIdentity(reader);
        var marker = ReadIdentity(reader);
        return new Transaction(transactionalId, producer, reader.ReadInt32())
        {
            Previous = previous,
            Marker = marker,
            State = (TransactionState)reader.ReadByte(),
            StartMs = reader.ReadInt64(),
            LastUpdateMs = reader.ReadInt64(),
            Partitions = [.. reader.ReadList(() => new TopicPartition(reader.ReadString(), reader.ReadInt32()))],
            Groups = [.. reader.ReadList(reader.ReadString)],
        };
    }

    public static long ReadProducerIdsTaken(ReadOnlySpan<byte> value) => JournalLayout.OpenValue(value, Version).ReadInt64();

    private static byte[] TransactionKey(string transactionalId) => JournalLayout.Build(TransactionKind, key => key.Write(transactionalId));

    private static void Write(BinaryWriter writer, ProducerIdentity identity)
    {
        writer.Write(identity.Id);
        writer.Write(identity.Epoch);
    }

    private static ProducerIdentity ReadIdentity(BinaryReader reader) => new(reader.ReadInt64(), reader.ReadInt16());
}
