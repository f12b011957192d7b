using CrashStreams.Protocol;

namespace CrashStreams.Broker.Transactions;

/// <summary>The identity that a producer goes on with, or why it can't.</summary>
internal readonly record struct ProducerResult(ErrorCode Error, ProducerIdentity Producer)
{
    public static implicit operator ProducerResult(ErrorCode error) => new(error, ProducerIdentity.None);

    public static implicit operator ProducerResult(ProducerIdentity producer) => new(ErrorCode.None, producer);
}
