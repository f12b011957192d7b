using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Transactions;

/// <summary>
/// Producer ids, transactional ids and their transactions. Serves both transaction protocols at once: the first, where the client
/// announces partitions and groups and its epoch stays, and the second (KIP-890), where writing announces and every EndTxn bumps the epoch.
/// </summary>
internal sealed class TransactionCoordinator
{
    private readonly ITimerQueue _timers;
    private readonly ITransactionParticipants _participants;
    private readonly TransactionOptions _options;
    private readonly StateBudget _budget;
    private readonly TransactionTable _table;
    private readonly TransactionCompletion _completion;
    private readonly TransactionTimeouts _timeouts;
    private readonly ProducerIds _producerIds;

    public TransactionCoordinator(IJournal journal, ITransactionParticipants participants, ITimerQueue timers, TransactionOptions options)
    {
        _timers = timers;
        _participants = participants;
        _options = options;
        _budget = new StateBudget(options.MaxStateBytes);
        _table = new TransactionTable(journal, _budget);
        _completion = new TransactionCompletion(_table, participants, timers, options);
        _timeouts = new TransactionTimeouts(_table, timers, options, TryFence);
        _producerIds = new ProducerIds(journal);
    }

    public IReadOnlyCollection<Transaction> Transactions => _table.All;

    public Transaction? Find(string transactionalId) => _table.Find(transactionalId);

    /// <summary>Takes in one journal record; called for each in order, before <see cref="Start"/>.</summary>
    public void Replay(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        var fields = JournalLayout.Open(key, out var kind);
        if (kind == TransactionRecords.ProducerIdsKind)
            _producerIds.Replay(TransactionRecords.ReadProducerIdsTaken(value));
        else if (kind == TransactionRecords.TransactionKind && fields.ReadString() is var id)
            _table.Replay(id, isTombstone ? null : TransactionRecords.ReadTransaction(id, value));
        else
            throw new InvalidDataException($"Unknown kind {kind} of transaction record: the data directory was written by a newer version.");
    }

    /// <summary>
    /// Finishes what a crash interrupted and starts the timers. Transactions that are open in a partition's log and that nobody here
    /// is going to end would hold back its readers for ever, so they are aborted.
    /// </summary>
    public void Start(IEnumerable<(TopicPartition Partition, ProducerIdentity Producer)> openInLogs)
    {
        var open = openInLogs.ToList();
        foreach (var (partition, producer) in open.Where(entry => !IsEndedHere(entry.Partition, entry.Producer)))
            _participants.WriteMarker(partition, producer, commit: false);
        foreach (var prepared in _table.All.Where(transaction => transaction.State.IsPrepared()).ToList())
            _completion.Finish(prepared);
        _timeouts.Start();
    }

    /// <summary>A producer id and epoch: new for an idempotent producer, the next epoch (which fences the last) for a transactional one.</summary>
    /// <param name="transactionalId">Null for a producer that is only idempotent.</param>
    /// <param name="timeoutMs">After this an open transaction is aborted by the coordinator.</param>
    /// <param name="expected">What the producer has had so far, when it asks for an epoch bump (KIP-360).</param>
    public ProducerResult InitProducerId(string? transactionalId, int timeoutMs, ProducerIdentity expected)
    {
        if (transactionalId is null)
            return NewProducer();
        if (transactionalId.Length == 0 || !IdRules.Fits(transactionalId) || (expected.Id == -1) != (expected.Epoch == -1))
            return ErrorCode.InvalidRequest;
        if (timeoutMs <= 0 || timeoutMs > _options.MaxTimeoutMs)
            return ErrorCode.InvalidTransactionTimeout;
        if (Find(transactionalId) is not { } transaction)
        {
            var first = new Transaction(transactionalId, ProducerIdentity.None, timeoutMs);
            return _budget.HasRoom(first.Bytes) ? Register(first, NewProducer(), ProducerIdentity.None) : ErrorCode.PolicyViolation;
        }
        if (expected != ProducerIdentity.None && expected != transaction.Producer && expected != transaction.Previous)
            return ErrorCode.ProducerFenced;
        if (transaction.State == TransactionState.Ongoing)
        {
            if (!TryFence(transaction, expected))
                return ErrorCode.CoordinatorNotAvailable;
            transaction = Find(transactionalId)!;
        }
        if (transaction.State.IsPrepared())
            return ErrorCode.ConcurrentTransactions;
        return Register(transaction with { TimeoutMs = timeoutMs }, NextIdentity(transaction, expected), expected);
    }

    /// <summary>Adds partitions and a group to the producer's transaction, opening it if need be (AddPartitionsToTxn, AddOffsetsToTxn, and KIP-890's implicit adds).</summary>
    public ErrorCode Add(string transactionalId, ProducerIdentity producer, IReadOnlyCollection<TopicPartition> partitions, string? groupId = null)
    {
        var error = Check(transactionalId, producer, out var transaction);
        if (error != ErrorCode.None)
            return error;
        if (transaction.State.IsPrepared())
            return ErrorCode.ConcurrentTransactions;

        var isOngoing = transaction.State == TransactionState.Ongoing;
        if (isOngoing && partitions.All(transaction.Partitions.Contains) && (groupId is null || transaction.Groups.Contains(groupId)))
            return ErrorCode.None;
        if (groupId is not null && !IdRules.Fits(groupId))
            return ErrorCode.InvalidGroupId;
        var more = partitions.Sum(Transaction.PartitionBytes) + (groupId is null ? 0 : Transaction.GroupBytes(groupId));
        if (transaction.Bytes + more > _options.MaxTransactionBytes || !_budget.HasRoom(more))
            return ErrorCode.PolicyViolation;
        var next = transaction.Move(TransactionState.Ongoing, _timers.NowMs) with
        {
            Partitions = transaction.Partitions.Union(partitions),
            Groups = groupId is null ? transaction.Groups : transaction.Groups.Add(groupId),
            StartMs = isOngoing ? transaction.StartMs : _timers.NowMs,
        };
        if (!_table.TryStore(next))
            return ErrorCode.CoordinatorNotAvailable;
        _timeouts.Watch(next);
        return ErrorCode.None;
    }

    /// <summary>Whether the producer's open transaction has the partition, without adding it: a late write must not open a transaction that nobody ends.</summary>
    public ErrorCode Verify(string transactionalId, ProducerIdentity producer, TopicPartition partition)
    {
        var error = CheckOpen(transactionalId, producer, out var transaction);
        if (error != ErrorCode.None)
            return error;
        return transaction.Partitions.Contains(partition) ? ErrorCode.None : ErrorCode.InvalidTxnState;
    }

    /// <summary>Whether the producer's open transaction has the group.</summary>
    public ErrorCode VerifyGroup(string transactionalId, ProducerIdentity producer, string groupId)
    {
        var error = CheckOpen(transactionalId, producer, out var transaction);
        if (error != ErrorCode.None)
            return error;
        return transaction.Groups.Contains(groupId) ? ErrorCode.None : ErrorCode.InvalidTxnState;
    }

    /// <summary>
    /// The check before a transactional batch is appended. With <paramref name="adds"/> (Produce v12 and later) writing announces the
    /// partition. At a partition a fenced epoch is an invalid one (47), not a fenced producer (90).
    /// </summary>
    public ErrorCode CheckProduce(string? transactionalId, ProducerIdentity producer, TopicPartition partition, bool adds)
    {
        if (transactionalId is null)
            return ErrorCode.InvalidTxnState;
        var error = adds ? Add(transactionalId, producer, [partition]) : Verify(transactionalId, producer, partition);
        return error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error;
    }

    /// <summary>Commits or aborts. Answers the identity for the producer's next transaction.</summary>
    /// <param name="transactionalId">Whose transaction.</param>
    /// <param name="producer">Its current identity; in a retry after a bump the one before.</param>
    /// <param name="commit">False to abort.</param>
    /// <param name="bumpsEpoch">EndTxn v5 and later (KIP-890).</param>
    public ProducerResult End(string transactionalId, ProducerIdentity producer, bool commit, bool bumpsEpoch)
    {
        if (bumpsEpoch && Find(transactionalId) is { } ended && ended.Previous == producer && IsEnded(ended.State))
            return ended.IsCommit == commit ? ended.Producer : ErrorCode.InvalidTxnState;
        var error = Check(transactionalId, producer, out var transaction);
        if (error != ErrorCode.None)
            return error;
        return transaction.State == TransactionState.Ongoing
            ? EndOngoing(transaction, commit, bumpsEpoch)
            : EndWithoutTransaction(transaction, commit, bumpsEpoch);
    }

    private ProducerResult EndOngoing(Transaction transaction, bool commit, bool bumpsEpoch)
    {
        var producer = transaction.Producer;
        if (!bumpsEpoch)
            return _completion.TryPrepare(transaction, commit, producer, producer, ProducerIdentity.None) ? producer : ErrorCode.CoordinatorNotAvailable;
        var next = Bump(producer);
        if (next.Error != ErrorCode.None)
            return next;
        var marker = producer with { Epoch = (short)(producer.Epoch + 1) };
        return _completion.TryPrepare(transaction, commit, marker, next.Producer, previous: producer) ? next : ErrorCode.CoordinatorNotAvailable;
    }

    private ProducerResult EndWithoutTransaction(Transaction transaction, bool commit, bool bumpsEpoch)
    {
        if (transaction.State.IsPrepared())
            return transaction.IsCommit == commit ? ErrorCode.ConcurrentTransactions : ErrorCode.InvalidTxnState;
        if (!bumpsEpoch)
            return transaction.State.IsComplete() && transaction.IsCommit == commit ? transaction.Producer : ErrorCode.InvalidTxnState;
        if (commit)
            return HasJustEnded(transaction) ? ErrorCode.ConcurrentTransactions : ErrorCode.InvalidTxnState;
        // KIP-890: aborting nothing still bumps, because a write that the client gave up on may be under way.
        var next = Bump(transaction.Producer);
        if (next.Error != ErrorCode.None)
            return next;
        var aborted = transaction.Move(TransactionState.CompleteAbort, _timers.NowMs) with { Producer = next.Producer, Previous = transaction.Producer };
        return _table.TryStore(aborted) ? next : ErrorCode.CoordinatorNotAvailable;
    }

    /// <summary>
    /// The sender thread of Java's producer looks for unsent batches and then for the commit; when the application writes and commits in
    /// between, the commit overtakes the write. Apache Kafka, still busy with the last transaction's markers, mostly answers that with
    /// CONCURRENT_TRANSACTIONS, and the retry comes behind the write. A broker that is done at once has to answer the same for a while.
    /// </summary>
    private bool HasJustEnded(Transaction transaction) =>
        transaction.State.IsComplete() && _timers.NowMs - transaction.LastUpdateMs < _options.OvertakingCommitMs;

    private ErrorCode Check(string transactionalId, ProducerIdentity producer, out Transaction transaction)
    {
        transaction = Find(transactionalId)!;
        if (transactionalId.Length == 0)
            return ErrorCode.InvalidRequest;
        if (transaction is null)
            return ErrorCode.InvalidProducerIdMapping;
        // After an exhausted epoch the id before the current one is not foreign, only fenced.
        if (producer.Id != transaction.Producer.Id && producer.Id != transaction.Previous.Id)
            return ErrorCode.InvalidProducerIdMapping;
        return producer == transaction.Producer ? ErrorCode.None : ErrorCode.ProducerFenced;
    }

    private ErrorCode CheckOpen(string transactionalId, ProducerIdentity producer, out Transaction transaction)
    {
        var error = Check(transactionalId, producer, out transaction);
        if (error != ErrorCode.None)
            return error;
        if (transaction.State.IsPrepared())
            return ErrorCode.ConcurrentTransactions;
        return transaction.State == TransactionState.Ongoing ? ErrorCode.None : ErrorCode.InvalidTxnState;
    }

    /// <summary>Aborts with a bumped epoch, so that whoever held the transaction can't go on.</summary>
    private bool TryFence(Transaction transaction, ProducerIdentity previous)
    {
        var fenced = transaction.Producer with { Epoch = (short)Math.Min(transaction.Producer.Epoch + 1, short.MaxValue) };
        return _completion.TryPrepare(transaction, commit: false, fenced, fenced, previous);
    }

    private ProducerResult Register(Transaction transaction, ProducerResult producer, ProducerIdentity previous)
    {
        if (producer.Error != ErrorCode.None)
            return producer;
        var registered = transaction.Move(TransactionState.Empty, _timers.NowMs) with { Producer = producer.Producer, Previous = previous };
        return _table.TryStore(registered) ? producer : ErrorCode.CoordinatorNotAvailable;
    }

    /// <summary>A request whose answer was lost comes again with the identity before the bump: it gets the bumped one, once more.</summary>
    private ProducerResult NextIdentity(Transaction transaction, ProducerIdentity expected) =>
        expected != ProducerIdentity.None && expected == transaction.Previous ? transaction.Producer : Bump(transaction.Producer);

    private ProducerResult Bump(ProducerIdentity producer) =>
        producer.IsExhausted ? NewProducer() : producer with { Epoch = (short)(producer.Epoch + 1) };

    private ProducerResult NewProducer() =>
        _producerIds.TryTake(out var id) ? new ProducerIdentity(id, 0) : ErrorCode.CoordinatorNotAvailable;

    private bool IsEndedHere(TopicPartition partition, ProducerIdentity producer) =>
        _table.All.Any(transaction => transaction.Partitions.Contains(partition)
            && (transaction.State == TransactionState.Ongoing ? transaction.Producer.Id : transaction.Marker.Id) == producer.Id);

    private static bool IsEnded(TransactionState state) => state.IsPrepared() || state.IsComplete();
}
