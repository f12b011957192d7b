using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Faults;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Topics;
using CrashStreams.Broker.Transactions;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker;

/// <summary>
/// Everything the broker knows: topics with their logs, groups and transactions, and the APIs on them. A deterministic state machine:
/// time, timers, storage and randomness come from outside, and nothing in it waits, locks or starts a thread.
/// </summary>
internal sealed class BrokerCore
{
    private readonly CoordinatorJournal _groupJournal;
    private readonly CoordinatorJournal _transactionJournal;
    private readonly LogCare _logCare;
    private readonly Fetch _fetch;

    public BrokerCore(BrokerOptions options, IStorage storage, Timers timers, IWorkers workers, Random random, NodeAddress node, BrokerFaults faults)
    {
        (Options, Timers, Workers, Random, Node, Faults) = (options, timers, workers, random, node, faults);
        var logDefaults = LogConfig.Default with { Flush = (FlushPolicy)options.Flush };
        DescribedPartitions = new DescribedPartitions(node.Id);
        var log = options.LoggerFactory.CreateLogger(EmbeddedBroker.StorageLogCategory);
        var stored = DataDirectory.Check(storage);
        Losses = new StorageLosses(log);
        Topics = new TopicCatalog(storage, stored, logDefaults, workers, log, Losses);
        _groupJournal = new CoordinatorJournal(storage, CoordinatorJournal.Groups, logDefaults, timers, Losses.Of(CoordinatorJournal.Groups));
        _transactionJournal = new CoordinatorJournal(storage, CoordinatorJournal.Transactions, logDefaults, timers, Losses.Of(CoordinatorJournal.Transactions));
        DataDirectory.Mark(storage, Topics.ClusterId);
        var groupOptions = new GroupOptions { ConsumerSessionTimeoutMs = (int)options.ConsumerSessionTimeout.TotalMilliseconds };
        Groups = new GroupCoordinator(new GroupContext(_groupJournal, timers, Topics, workers, groupOptions, () => NewUuid().ToString()));
        Transactions = new TransactionCoordinator(_transactionJournal, new TransactionParticipants(this), timers, new TransactionOptions());
        Topics.Deleted = topic => Groups.ForgetTopic(topic.Name);
        Steps = new StepQueue(timers);
        _fetch = new Fetch(this);
        Apis = BrokerApis.Create(this, _fetch);
        _logCare = new LogCare(this, [_groupJournal.Log, _transactionJournal.Log]);
        Start();
    }

    public BrokerOptions Options { get; }

    public Timers Timers { get; }

    public IWorkers Workers { get; }

    public Random Random { get; }

    public NodeAddress Node { get; }

    public DescribedPartitions DescribedPartitions { get; }

    public BrokerFaults Faults { get; }

    public TopicCatalog Topics { get; }

    /// <summary>What of the stored data was found damaged or missing since the start.</summary>
    public StorageLosses Losses { get; }

    /// <summary>Whether there may be so many more partitions.</summary>
    public bool HasRoomFor(int partitions) => Topics.PartitionCount + Topics.ReservedPartitions + partitions <= Options.MaxPartitions;

    public GroupCoordinator Groups { get; }

    public TransactionCoordinator Transactions { get; }

    public GroupFlush Flushes { get; } = new();

    /// <summary>Long requests, in turns.</summary>
    public StepQueue Steps { get; }

    public ApiTable Apis { get; }

    /// <summary>To be called when a turn of the loop ends: flushes what was appended, and answers the fetches for which there is something new.</summary>
    public void EndTurn()
    {
        Flushes.Complete();
        _fetch.CompleteReady();
    }

    /// <summary>Closes the logs in good order, so that the next start is quick.</summary>
    public void Close()
    {
        _logCare.Stop();
        Topics.Close();
        _groupJournal.Log.Close(flush: true);
        _transactionJournal.Log.Close(flush: true);
    }

    /// <summary>Lets go of the logs as the end of the process would.</summary>
    public void Abandon()
    {
        _logCare.Stop();
        Topics.Abandon();
        _groupJournal.Log.Abandon();
        _transactionJournal.Log.Abandon();
    }

    private void Start()
    {
        _groupJournal.Replay(Groups.Replay);
        _transactionJournal.Replay(Transactions.Replay);
        Groups.Start();
        Transactions.Start(from partition in Topics.Partitions
                           from producer in partition.Log.OpenTransactions
                           select (new TopicPartition(partition.Topic, partition.Index), new ProducerIdentity(producer.ProducerId, producer.Epoch)));
        _logCare.Start();
    }

    private Guid NewUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
