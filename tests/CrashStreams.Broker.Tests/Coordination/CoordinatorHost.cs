using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Transactions;

namespace CrashStreams.Broker.Tests.Coordination;

/// <summary>
/// Both coordinators around journals, topics and logs that outlive them: a crash throws the coordinators away, and new ones replay. Member
/// ids are counted, so that a run is the same each time.
/// </summary>
internal sealed class CoordinatorHost : ITransactionParticipants
{
    private int _memberIds;

    public CoordinatorHost()
    {
        Restart();
    }

    /// <summary>All assignments of consumer groups are made in the request that wants them, or all beside the loop.</summary>
    public static CoordinatorHost ThatAssigns(bool besideTheLoop)
    {
        var host = new CoordinatorHost { GroupOptions = new() { MaxAssignedInLoop = besideTheLoop ? 0 : int.MaxValue } };
        host.Restart();
        return host;
    }

    public VirtualTimers Timers { get; private set; } = new();

    public MemoryJournal GroupJournal { get; } = new();

    public MemoryJournal TransactionJournal { get; } = new();

    public MemoryTopics Topics { get; } = new();

    public GroupOptions GroupOptions { get; set; } = new();

    /// <summary>Does work when the test says so.</summary>
    public HeldWorkers Workers { get; private set; } = new();

    public GroupCoordinator Groups { get; private set; } = null!;

    public TransactionCoordinator Transactions { get; private set; } = null!;

    public List<Marker> Markers { get; } = [];

    /// <summary>Transactions that the logs of partitions hold open.</summary>
    public Dictionary<TopicPartition, ProducerIdentity> OpenInLogs { get; } = [];

    public bool AreLogsFull { get; set; }

    public HashSet<string> DeletedTopics { get; } = [];

    /// <summary>Forgets everything that is not in a journal or a log, timers included.</summary>
    public void Restart()
    {
        (Timers, Workers) = (new VirtualTimers(Timers.NowMs), new HeldWorkers());
        Groups = new GroupCoordinator(new GroupContext(GroupJournal, Timers, Topics, Workers, GroupOptions, () => $"{++_memberIds:D4}"));
        Transactions = new TransactionCoordinator(TransactionJournal, this, Timers, new TransactionOptions());
        GroupJournal.Replay(Groups.Replay);
        TransactionJournal.Replay(Transactions.Replay);
        Groups.Start();
        Transactions.Start(OpenInLogs.Select(open => (open.Key, open.Value)));
    }

    public MarkerResult WriteMarker(TopicPartition partition, ProducerIdentity producer, bool commit)
    {
        if (DeletedTopics.Contains(partition.Topic))
            return MarkerResult.Gone;
        if (AreLogsFull)
            return MarkerResult.Failed;
        Markers.Add(new Marker(partition, producer, commit));
        if (OpenInLogs.TryGetValue(partition, out var open) && open.Id == producer.Id)
            OpenInLogs.Remove(partition);
        return MarkerResult.Written;
    }

    public bool TryEndOffsets(string groupId, long producerId, bool commit) => Groups.Find(groupId)?.Offsets.TryEnd(producerId, commit) ?? true;

    internal readonly record struct Marker(TopicPartition Partition, ProducerIdentity Producer, bool IsCommit);
}
