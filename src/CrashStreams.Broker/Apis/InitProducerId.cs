using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Gives a producer its id and epoch; with a transactional id it fences whoever had it.</summary>
internal static class InitProducerId
{
    /// <summary>The first version whose clients know PRODUCER_FENCED (KIP-588).</summary>
    private const short FencedVersion = 4;

    public static InitProducerIdResponse Handle(InitProducerIdRequest request, short version, TransactionCoordinator transactions)
    {
        var result = Init(request, transactions);
        var error = result.Error == ErrorCode.ProducerFenced && version < FencedVersion ? ErrorCode.InvalidProducerEpoch : result.Error;
        return new InitProducerIdResponse { ErrorCode = error, ProducerId = result.Producer.Id, ProducerEpoch = result.Producer.Epoch };
    }

    private static ProducerResult Init(InitProducerIdRequest request, TransactionCoordinator transactions)
    {
        // Two-phase commit with an outside coordinator (KIP-939) is off, as it is by default in Apache Kafka.
        if (request.Enable2Pc)
            return ErrorCode.TransactionalIdAuthorizationFailed;
        if (request.KeepPreparedTxn)
            return ErrorCode.UnsupportedVersion;
        return transactions.InitProducerId(request.TransactionalId, request.TransactionTimeoutMs, new ProducerIdentity(request.ProducerId, request.ProducerEpoch));
    }
}
