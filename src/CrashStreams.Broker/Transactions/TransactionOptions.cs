namespace CrashStreams.Broker.Transactions;

/// <summary>Limits of the transaction coordinator, with Apache Kafka's defaults.</summary>
internal sealed record TransactionOptions
{
    /// <summary>`transaction.max.timeout.ms`: the longest transaction timeout that a client may ask for.</summary>
    public int MaxTimeoutMs { get; init; } = 15 * 60 * 1000;

    /// <summary>`transactional.id.expiration.ms`: an idle transactional id is forgotten after this.</summary>
    public long IdExpirationMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>How often idle transactional ids are looked for.</summary>
    public long ExpirationCheckMs { get; init; } = 60 * 60 * 1000;

    /// <summary>For so long after the end of a transaction the commit of an empty one is taken for one that overtook its writes.</summary>
    public int OvertakingCommitMs { get; init; } = 100;

    /// <summary>What one transaction names: each addition writes all of it. Kafka's limit is the size of a record of `__transaction_state`, 1 MiB.</summary>
    public long MaxTransactionBytes { get; init; } = 1024 * 1024;

    /// <summary>What all transactional ids together keep.</summary>
    public long MaxStateBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long to wait before a result that could not be stored is tried again.</summary>
    public int RetryMs { get; init; } = 100;
}
