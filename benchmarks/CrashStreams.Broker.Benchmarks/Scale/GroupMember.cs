using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Benchmarks.Scale;

/// <summary>
/// A member of a KIP-848 group as a client library runs one: heartbeats and commits on the coordinator's connection, fetches in a session on
/// another. It owns what it is given at once, since nothing of it needs time to let go.
/// </summary>
internal sealed class GroupMember(string group, ScaleTopic topic, ScaleCounts counts)
{
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(5);

    private readonly string _memberId = Guid.NewGuid().ToString();
    private readonly TaskCompletionSource _assigned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new(); // the positions are shared by the fetching and the heartbeating task
    private readonly Dictionary<int, long> _positions = [];
    private List<int> _owned = [];
    private int _epoch;
    private int _assignment;

    /// <summary>Completes when the member has its first partitions.</summary>
    public Task Assigned => _assigned.Task;

    public async Task HeartbeatAsync(string bootstrap, CancellationToken stop)
    {
        using var client = new WireClient();
        await client.ConnectAsync(bootstrap);
        var sinceCommit = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            var answer = await client.SendAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(Heartbeat());
            if (!counts.Accept("heartbeat", answer.ErrorCode))
                return;
            counts.CountHeartbeat();
            _epoch = answer.MemberEpoch;
            if (answer.Assignment is { } assignment)
                Own(assignment);
            var pause = TimeSpan.FromMilliseconds(Math.Max(50, answer.HeartbeatIntervalMs));
            await Task.Delay(pause, TimeProvider.System, stop);
            if ((sinceCommit += pause) >= CommitInterval)
            {
                sinceCommit = TimeSpan.Zero;
                await CommitAsync(client);
            }
        }
    }

    public async Task FetchAsync(string bootstrap, CancellationToken stop)
    {
        using var client = new WireClient();
        await client.ConnectAsync(bootstrap);
        await _assigned.Task.WaitAsync(stop);
        for (var (session, epoch, known) = (0, 0, -1); !stop.IsCancellationRequested; epoch++)
        {
            var (request, assignment) = Fetch(session, known == _assignment ? epoch : epoch = 0);
            var answer = await client.SendAsync<FetchRequest, FetchResponse>(request);
            if (!counts.Accept("fetch", answer.ErrorCode))
            {
                known = -1;
                continue;
            }
            (session, known) = (answer.SessionId, assignment);
            foreach (var partition in answer.Responses.SelectMany(found => found.Partitions))
                Take(partition);
        }
    }

    private ConsumerGroupHeartbeatRequest Heartbeat() => new()
    {
        GroupId = group,
        MemberId = _memberId,
        MemberEpoch = _epoch,
        RebalanceTimeoutMs = _epoch == 0 ? 60_000 : -1,
        SubscribedTopicNames = _epoch == 0 ? [topic.Name] : null,
        TopicPartitions = _owned.Count == 0 ? [] : [new() { TopicId = topic.Id, Partitions = _owned }],
    };

    private void Own(ConsumerGroupHeartbeatResponse.AssignmentData assignment)
    {
        lock (_lock)
        {
            _owned = assignment.TopicPartitions.SelectMany(given => given.Partitions).ToList();
            foreach (var partition in _owned)
                _positions.TryAdd(partition, 0);
            _assignment++;
        }
        if (_owned.Count > 0)
            _assigned.TrySetResult();
    }

    private (FetchRequest Request, int Assignment) Fetch(int session, int epoch)
    {
        lock (_lock)
        {
            var partitions = _owned.Select(index => new FetchRequest.FetchPartition { Partition = index, FetchOffset = _positions[index], PartitionMaxBytes = 1 << 20 }).ToList();
            return (new FetchRequest
            {
                MaxWaitMs = 500,
                MinBytes = 1,
                MaxBytes = 50 << 20,
                SessionId = session,
                SessionEpoch = epoch,
                Topics = [new() { TopicId = topic.Id, Partitions = partitions }],
            }, _assignment);
        }
    }

    private void Take(FetchResponse.PartitionData data)
    {
        if (!counts.Accept("fetch of a partition", data.ErrorCode) || data.Records.Length == 0)
            return;
        counts.CountFetched(data.Records.Length);
        var next = -1L;
        var left = data.Records.Memory.Span;
        for (; RecordBatchView.TryRead(left, out var batch) == BatchRead.Whole; left = left[batch.Bytes.Length..])
            next = batch.NextOffset;
        lock (_lock)
        {
            if (next <= _positions[data.PartitionIndex])
                counts.Fail("a fetch did not get on");
            _positions[data.PartitionIndex] = next;
        }
    }

    private async Task CommitAsync(WireClient client)
    {
        OffsetCommitRequest request;
        lock (_lock)
        {
            request = new OffsetCommitRequest
            {
                GroupId = group,
                MemberId = _memberId,
                GenerationIdOrMemberEpoch = _epoch,
                Topics = [new() { TopicId = topic.Id, Partitions = [.. _owned.Select(index => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = index, CommittedOffset = _positions[index] })] }],
            };
        }
        var answer = await client.SendAsync<OffsetCommitRequest, OffsetCommitResponse>(request);
        if (answer.Topics.SelectMany(committed => committed.Partitions).All(partition => counts.Accept("commit", partition.ErrorCode)))
            counts.CountCommit();
    }
}
