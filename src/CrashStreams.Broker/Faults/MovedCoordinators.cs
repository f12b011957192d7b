using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Faults;

/// <summary>Coordinators that are said to be elsewhere until somebody looks for them. With one node they are found where they were.</summary>
internal sealed class MovedCoordinators
{
    private const sbyte GroupType = 0;
    private readonly Lock _lock = new(); // tests move on their own threads, the loop refuses
    private readonly HashSet<(string Key, bool IsGroup)> _moved = [];
    private volatile bool _isEmpty = true;

    public void Move(string key, bool isGroup)
    {
        lock (_lock)
        {
            _moved.Add((key, isGroup));
            _isEmpty = false;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _moved.Clear();
            _isEmpty = true;
        }
    }

    /// <summary>Whether a request is for a moved coordinator. Looking for one ends its move.</summary>
    public bool Refuses(object request)
    {
        if (_isEmpty)
            return false;
        lock (_lock)
        {
            if (request is not FindCoordinatorRequest find)
                return Of(request) is { } coordinator && _moved.Contains(coordinator);
            foreach (var key in find.CoordinatorKeys.Append(find.Key))
                _moved.Remove((key, find.KeyType == GroupType));
            _isEmpty = _moved.Count == 0;
            return false;
        }
    }

    private static (string Key, bool IsGroup)? Of(object request) => request switch
    {
        JoinGroupRequest join => (join.GroupId, true),
        SyncGroupRequest sync => (sync.GroupId, true),
        HeartbeatRequest heartbeat => (heartbeat.GroupId, true),
        ConsumerGroupHeartbeatRequest heartbeat => (heartbeat.GroupId, true),
        OffsetCommitRequest commit => (commit.GroupId, true),
        OffsetFetchRequest fetch => (fetch.Groups.Count > 0 ? fetch.Groups[0].GroupId : fetch.GroupId, true),
        TxnOffsetCommitRequest commit => (commit.GroupId, true),
        InitProducerIdRequest { TransactionalId: { } id } => (id, false),
        AddPartitionsToTxnRequest add => (add.V3AndBelowTransactionalId, false),
        AddOffsetsToTxnRequest add => (add.TransactionalId, false),
        EndTxnRequest end => (end.TransactionalId, false),
        _ => null,
    };
}
