using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Server;
using CrashStreams.Broker.Topics;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker;

/// <summary>Direct access without a client: for tests that prepare or check what is in the broker.</summary>
public sealed partial class EmbeddedBroker
{
    /// <summary>What requests and unsent answers of all connections hold, in bytes.</summary>
    internal long HeldByConnections => _server.Memory.Held;

    /// <summary>What a test takes to keep the memory of large requests from growing.</summary>
    internal PacedPlace LargeGrowth => _server.LargeGrowth;

    /// <summary>Looks at the broker's state, in its loop.</summary>
    internal Task<T> LookAsync<T>(Func<BrokerCore, T> look) => _loop.InvokeAsync(() => look(_core));

    /// <summary>Creates a topic.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="partitions">How many partitions it has.</param>
    /// <param name="configs">Its configs, by Kafka's names.</param>
    /// <exception cref="ArgumentException">The name or a config is not valid, or the topic exists.</exception>
    /// <exception cref="IOException">The topic could not be stored.</exception>
    public async Task CreateTopicAsync(string topic, int partitions = 1, IReadOnlyDictionary<string, string>? configs = null)
    {
        if (!TopicName.IsValid(topic))
            throw new ArgumentException(TopicName.Rule, nameof(topic));
        if (TopicName.IsReserved(topic))
            throw new ArgumentException(TopicName.ReservedRule, nameof(topic));
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        var values = (configs ?? new Dictionary<string, string>()).Select(config => KeyValuePair.Create(config.Key, (string?)config.Value));
        var topicConfigs = TopicConfigs.TryCreate(values, out var problem) ?? throw new ArgumentException(problem, nameof(configs));
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _loop.InvokeAsync(() =>
        {
            if (_core.Topics.IsTaken(topic))
                throw new ArgumentException($"Topic '{topic}' already exists.", nameof(topic));
            _core.Topics.Create(topic, partitions, topicConfigs, (_, failure) =>
            {
                if (failure is null)
                    created.SetResult();
                else
                    created.SetException(failure);
            });
            return true;
        }).ConfigureAwait(false);
        await created.Task.ConfigureAwait(false);
    }

    /// <summary>Appends records to a partition as one batch; returns the offset of the first.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition's index.</param>
    /// <param name="records">Keys and values.</param>
    /// <exception cref="ArgumentException">There is no such partition.</exception>
    /// <exception cref="IOException">The batch was refused; the message says why.</exception>
    public Task<long> AppendAsync(string topic, int partition, params IReadOnlyList<(byte[]? Key, byte[]? Value)> records) => _loop.InvokeAsync(() =>
    {
        var nowMs = _core.Timers.NowMs;
        using var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records)
            builder.Append(nowMs, key, value);
        var result = Find(topic, partition).Log.Append(builder.Build().ToArray(), new AppendOptions { NowMs = nowMs });
        return result.Error == ErrorCode.None ? result.BaseOffset : throw new IOException($"{topic}-{partition} refused the records: {result.Error} {result.Message}");
    });

    /// <summary>All records of a partition, in order, without control records.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition's index.</param>
    /// <param name="committedOnly">Leave out what lies behind the last stable offset or belongs to an aborted transaction.</param>
    /// <exception cref="ArgumentException">There is no such partition.</exception>
    public Task<IReadOnlyList<StoredRecord>> ReadAsync(string topic, int partition, bool committedOnly = false) =>
        _loop.InvokeAsync(() => PartitionReader.Read(Find(topic, partition).Log, committedOnly));

    /// <summary>The end offset of a partition.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition's index.</param>
    /// <exception cref="ArgumentException">There is no such partition.</exception>
    public Task<long> EndOffsetAsync(string topic, int partition) => _loop.InvokeAsync(() => Find(topic, partition).Log.EndOffset);

    /// <summary>The committed offsets of a group; empty when there is no such group.</summary>
    /// <param name="group">The group's id.</param>
    public Task<IReadOnlyDictionary<(string Topic, int Partition), long>> CommittedOffsetsAsync(string group) => _loop.InvokeAsync(() =>
        (IReadOnlyDictionary<(string, int), long>)(_core.Groups.Find(group)?.Offsets.Committed ?? new Dictionary<TopicPartition, Groups.CommittedOffset>())
            .ToDictionary(entry => (entry.Key.Topic, entry.Key.Partition), entry => entry.Value.Offset));

    /// <summary>The ids of a group's members; empty when there is no such group.</summary>
    /// <param name="group">The group's id.</param>
    public Task<IReadOnlyList<string>> MembersAsync(string group) => _loop.InvokeAsync(() => (IReadOnlyList<string>)(_core.Groups.Find(group)?.Membership switch
    {
        ClassicGroup classic => [.. classic.Members.Select(member => member.Id)],
        ConsumerGroup consumer => [.. consumer.Members.Select(member => member.Id)],
        _ => [],
    }));

    /// <summary>Removes a member as if its session had timed out; it finds out when it next asks for something.</summary>
    /// <param name="group">The group's id.</param>
    /// <param name="memberId">One of <see cref="MembersAsync"/>.</param>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public Task ExpireMemberAsync(string group, string memberId) => _loop.InvokeAsync(() =>
        _core.Groups.Find(group)?.Membership.Expire(memberId) == true ? true : throw new ArgumentException($"Group '{group}' has no member '{memberId}'.", nameof(memberId)));

    /// <summary>The transactional ids that have an open transaction.</summary>
    public Task<IReadOnlyList<string>> OpenTransactionsAsync() => _loop.InvokeAsync(() => (IReadOnlyList<string>)
        [.. _core.Transactions.Transactions.Where(transaction => transaction.State == TransactionState.Ongoing).Select(transaction => transaction.TransactionalId)]);

    /// <summary>What of the stored data was found damaged or missing since the last start, in the order in which it was found.</summary>
    public Task<IReadOnlyList<StorageLoss>> StorageLossesAsync() => _loop.InvokeAsync(() => (IReadOnlyList<StorageLoss>)[.. _core.Losses.All]);

    /// <summary>Waits until a condition on the broker holds, looking every 10 ms.</summary>
    /// <param name="condition">Asked again and again.</param>
    /// <param name="timeout">Gives up after this; by default 10 s.</param>
    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public async Task WaitUntilAsync(Func<EmbeddedBroker, Task<bool>> condition, TimeSpan? timeout = null)
    {
        var patience = timeout ?? TimeSpan.FromSeconds(10);
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition(this).ConfigureAwait(false))
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new TimeoutException($"The condition did not come true within {patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System).ConfigureAwait(false);
        }
    }

    private Partition Find(string topic, int partition) =>
        _core.Topics.Find(new TopicPartition(topic, partition)) ?? throw new ArgumentException($"There is no partition {partition} of a topic '{topic}'.");
}
