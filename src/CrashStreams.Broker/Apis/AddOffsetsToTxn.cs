using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Announces that a transaction is going to commit offsets of a group.</summary>
internal static class AddOffsetsToTxn
{
    /// <summary>The first version whose clients know PRODUCER_FENCED (KIP-588).</summary>
    private const short FencedVersion = 2;

    public static AddOffsetsToTxnResponse Handle(AddOffsetsToTxnRequest request, short version, TransactionCoordinator transactions)
    {
        var error = transactions.Add(request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), [], request.GroupId);
        return new AddOffsetsToTxnResponse { ErrorCode = error == ErrorCode.ProducerFenced && version < FencedVersion ? ErrorCode.InvalidProducerEpoch : error };
    }
}
