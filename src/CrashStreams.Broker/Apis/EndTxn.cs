using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Commits or aborts a transaction; v5 and later also bumps the producer's epoch (KIP-890).</summary>
internal static class EndTxn
{
    /// <summary>The first version whose clients know PRODUCER_FENCED (KIP-588).</summary>
    private const short FencedVersion = 2;
    private const short BumpsEpochVersion = 5;

    public static EndTxnResponse Handle(EndTxnRequest request, short version, TransactionCoordinator transactions)
    {
        var producer = new ProducerIdentity(request.ProducerId, request.ProducerEpoch);
        var result = transactions.End(request.TransactionalId, producer, request.Committed, version >= BumpsEpochVersion);
        var error = result.Error == ErrorCode.ProducerFenced && version < FencedVersion ? ErrorCode.InvalidProducerEpoch : result.Error;
        return new EndTxnResponse { ErrorCode = error, ProducerId = result.Producer.Id, ProducerEpoch = result.Producer.Epoch };
    }
}
