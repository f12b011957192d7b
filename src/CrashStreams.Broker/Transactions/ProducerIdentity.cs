namespace CrashStreams.Broker.Transactions;

/// <summary>A producer id and its epoch: a higher epoch of the same id fences the lower one.</summary>
internal readonly record struct ProducerIdentity(long Id, short Epoch)
{
    public static readonly ProducerIdentity None = new(-1, -1);

    /// <summary>The last epoch handed to a client; 32767 is kept for the marker that fences it.</summary>
    public const short LastEpoch = short.MaxValue - 1;

    public bool IsExhausted => Epoch >= LastEpoch;
}
