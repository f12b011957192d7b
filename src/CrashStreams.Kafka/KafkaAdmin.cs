using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;
using CrashStreams.Protocol;
using TopicPartition = CrashStreams.Log.TopicPartition;

namespace CrashStreams.Kafka;

/// <summary>Describes and creates topics, through Confluent's admin client.</summary>
internal sealed class KafkaAdmin : ILogAdmin
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // KIP-848: a group's coordinator learns of a new topic after the brokers do, and answers a subscription made before without its partitions.
    // The member then hears of them with its next heartbeat, 5 s later. Nothing tells when the coordinator has caught up.
    private static readonly TimeSpan CoordinatorDelay = TimeSpan.FromMilliseconds(400);

    // How long a broker may take to make a topic that was asked for; it says the same until then as when it makes none.
    private static readonly TimeSpan AutoCreation = TimeSpan.FromSeconds(3);

    private readonly IAdminClient _client;
    private readonly TimeSpan _timeout;
    private readonly ConnectionFaults _faults;
    private readonly bool _canAskDirectly;

    // Several requests may be under way, and end in the client's own thread.
    private readonly ConcurrentDictionary<Task, byte> _pending = [];
    private bool _isDisposed;

    // It looks librdkafka's functions up by name.
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Centos8", "Confluent.Kafka")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Confluent.Kafka.Impl.NativeMethods.NativeMethods_Alpine", "Confluent.Kafka")]
    public KafkaAdmin(KafkaOptions options, string clientId, ConnectionFaults faults)
    {
        _faults = faults;
        var properties = ClientProperties.Admin(options, clientId).Values;
        _canAskDirectly = DirectQuestion.CanAsk(properties);
        LibrdkafkaLoader.EnsureLoaded();
        _timeout = options.RequestTimeout;
        try
        {
            _client = new AdminClientBuilder(properties)
                .SetLogHandler((_, line) => faults.Line(clientId, (int)line.Level, line.Facility, line.Message))
                .SetErrorHandler((_, error) => faults.Error(clientId, (Native.ErrorCode)(int)error.Code, error.Reason)).Build();
        }
        // An unknown property, or a value that one can't have.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Its text may quote a property's value, which may be a secret: only the name is told.
            var name = properties.Keys.FirstOrDefault(key => e.Message.Contains($"\"{key}\"", StringComparison.Ordinal));
            throw new LogException($"Admin client {clientId} can't be made: librdkafka does not accept {(name is null ? "one of its properties" : $"the property '{name}' or its value")}. See librdkafka's CONFIGURATION.md.") { IsFatal = true };
        }
    }

    public async Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, int>();
        if (topics.Count == 0)
            return counts;

        foreach (var topic in await Describe(topics, cancellation))
        {
            if (topic.Error.Code == Confluent.Kafka.ErrorCode.NoError)
                counts[topic.Name] = topic.Partitions.Count;
            else if (topic.Error.Code != Confluent.Kafka.ErrorCode.UnknownTopicOrPart)
                throw Exception(topic.Error, $"Describing topic {topic.Name}");
        }

        return counts;
    }

    public async Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        var counts = await PartitionCountsAsync(topics, cancellation);
        var missing = topics.Except(counts.Keys).ToList();
        if (missing.Count == 0)
            return counts;

        try
        {
            // As a producer asks: a broker that creates topics by itself does so now, and has them a moment later.
            foreach (var topic in missing)
                await Answer(Task.Run(() => _client.GetMetadata(topic, _timeout), CancellationToken.None), cancellation);
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Asking for topic {missing[0]}");
        }

        await Until(found => found.Count == missing.Count, missing, AutoCreation, cancellation);
        return await PartitionCountsAsync(topics, cancellation);
    }

    public async Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        var ids = new Dictionary<string, string>();
        if (topics.Count == 0)
            return ids;

        foreach (var topic in await Describe(topics, cancellation))
        {
            if (topic.TopicId is { } id && (id.MostSignificantBits | id.LeastSignificantBits) != 0)
                ids[topic.Name] = id.ToString();
        }

        return ids;
    }

    public async Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation)
    {
        if (topics.Count == 0)
            return;

        var specifications = topics.Select(topic => new TopicSpecification
        {
            Name = topic.Name,
            NumPartitions = topic.Partitions,
            ReplicationFactor = topic.ReplicationFactor,
            Configs = topic.Configs.ToDictionary(),
        });
        var anyIsNew = true;
        try
        {
            await Answer(_client.CreateTopicsAsync(specifications, new CreateTopicsOptions { RequestTimeout = _timeout, OperationTimeout = _timeout }), cancellation);
        }
        catch (CreateTopicsException e)
        {
            ThrowUnless(Confluent.Kafka.ErrorCode.TopicAlreadyExists, e.Results.Select(result => (result.Topic, result.Error)), "Creating topic");
            anyIsNew = e.Results.Any(result => !result.Error.IsError);
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, "Creating topics");
        }

        // A created topic is not known to the brokers at once.
        await Until(counts => counts.Count == topics.Count, topics.Select(topic => topic.Name).ToArray(), cancellation);
        if (anyIsNew)
            await Task.Delay(CoordinatorDelay, TimeProvider.System, cancellation);
    }

    public async Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        if (topics.Count == 0)
            return;

        try
        {
            await Answer(_client.DeleteTopicsAsync(topics, new DeleteTopicsOptions { RequestTimeout = _timeout, OperationTimeout = _timeout }), cancellation);
        }
        catch (DeleteTopicsException e)
        {
            ThrowUnless(Confluent.Kafka.ErrorCode.UnknownTopicOrPart, e.Results.Select(result => (result.Topic, result.Error)), "Deleting topic");
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, "Deleting topics");
        }

        await Until(counts => counts.Count == 0, topics, cancellation);
    }

    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        var configs = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        if (topics.Count == 0)
            return configs;

        try
        {
            var resources = topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic });
            foreach (var result in await Answer(_client.DescribeConfigsAsync(resources, new DescribeConfigsOptions { RequestTimeout = _timeout }), cancellation))
                configs[result.ConfigResource.Name] = result.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value ?? "");
            return configs;
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Asking for the settings of {string.Join(", ", topics)}");
        }
    }

    public async Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation)
    {
        try
        {
            var changes = configs.Select(config => new ConfigEntry { Name = config.Key, Value = config.Value, IncrementalOperation = AlterConfigOpType.Set }).ToList();
            await Answer(_client.IncrementalAlterConfigsAsync(
                new Dictionary<ConfigResource, List<ConfigEntry>> { [new() { Type = ResourceType.Topic, Name = topic }] = changes },
                new IncrementalAlterConfigsOptions { RequestTimeout = _timeout }), cancellation);
        }
        catch (IncrementalAlterConfigsException e)
        {
            throw Exception(e.Results.Select(result => result.Error).First(error => error.IsError), $"Changing the settings of {topic}");
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Changing the settings of {topic}");
        }
    }

    public async Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        if (partitions.Count == 0)
            return new Dictionary<TopicPartition, (long, long)>();

        var starts = ListOffsets(partitions, OffsetSpec.Earliest(), cancellation);
        var ends = ListOffsets(partitions, OffsetSpec.Latest(), cancellation);
        await Task.WhenAll(starts, ends);
        var end = await ends;
        return (await starts).ToDictionary(start => start.Key, start => (start.Value, end[start.Key]));
    }

    public async Task<IReadOnlyDictionary<TopicPartition, long>> OffsetsAtAsync(IReadOnlyCollection<TopicPartition> partitions, long timestampMs, CancellationToken cancellation)
    {
        var found = await ListOffsets(partitions, OffsetSpec.ForTimestamp(timestampMs), cancellation);
        // -1: nothing is as late.
        var missing = partitions.Where(p => found[p] < 0).ToList();
        if (missing.Count > 0)
            foreach (var (partition, end) in await ListOffsets(missing, OffsetSpec.Latest(), cancellation))
                found[partition] = end;
        return found;
    }

    public async Task<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(string group, IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        if (!_canAskDirectly)
            return [];
        Func<int, int> offsetsAt = count => GroupOffsetsTopic.PartitionOf(group, count);
        var leaders = from topic in await Describe([.. topics, GroupOffsetsTopic.Name], cancellation)
                      where topic.Error.Code == Confluent.Kafka.ErrorCode.NoError
                      from partition in topic.Partitions
                      where partition.Leader is not null && (topic.Name != GroupOffsetsTopic.Name || partition.Partition == offsetsAt(topic.Partitions.Count))
                      group new TopicPartition(topic.Name, partition.Partition) by (partition.Leader.Host, partition.Leader.Port);
        var open = new List<OpenTransaction>();
        foreach (var leader in leaders)
            open.AddRange(await AskDirectly(leader.Key, "for open transactions", limit => OpenTransactions.AskAsync(leader.Key.Host, leader.Key.Port, [.. leader], limit), cancellation));
        return open;
    }

    public async Task<IReadOnlyList<GroupMember>> GroupMembersAsync(string group, CancellationToken cancellation)
    {
        try
        {
            var found = await Answer(Task.Run(() => _client.ListGroup(group, _timeout), CancellationToken.None), cancellation);
            if (found is { Members.Count: > 0 } || !_canAskDirectly)
                return (found?.Members ?? []).ConvertAll(static m => new GroupMember(m.ClientId, m.ClientHost, ClassicAssignment.Read(m.MemberAssignment)));
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Describing group {group}");
        }

        var offsets = (await Describe([GroupOffsetsTopic.Name], cancellation)).FirstOrDefault(static t => t.Error.Code == Confluent.Kafka.ErrorCode.NoError);
        if (offsets?.Partitions.FirstOrDefault(p => p.Partition == GroupOffsetsTopic.PartitionOf(group, offsets.Partitions.Count))?.Leader is not { } coordinator)
            return [];
        return await AskDirectly((coordinator.Host, coordinator.Port), $"for the members of group {group}", limit => ConsumerGroupMembers.AskAsync(coordinator.Host, coordinator.Port, group, limit), cancellation);
    }

    public async Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation)
    {
        if (beforeOffsets.Count == 0)
            return;

        try
        {
            var offsets = beforeOffsets.Select(before => new TopicPartitionOffset(before.Key.Topic, before.Key.Partition, before.Value));
            await Answer(_client.DeleteRecordsAsync(offsets, new DeleteRecordsOptions { RequestTimeout = _timeout, OperationTimeout = _timeout }), cancellation);
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, "Deleting records");
        }
    }

    /// <summary>
    /// Ends the client, after its last request: librdkafka (2.16.0) ends the process when a client is destroyed while a request waits for a broker
    /// (an assertion in <c>rd_kafka_enq_once_del_source_return</c>). A request that nobody waits for any more ends within its own timeout.
    /// </summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        var pending = Task.WhenAll(_pending.Keys);
        if (pending.IsCompleted)
            _client.Dispose();
        else
            _ = pending.ContinueWith(_ => _client.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task<T> AskDirectly<T>((string Host, int Port) broker, string what, Func<CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_timeout);
        try
        {
            return await question(limit.Token);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ProtocolException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new LogException($"Asking {broker.Host}:{broker.Port} {what} failed: {e.Message}", e) { IsRetriable = true };
        }
    }

    private Task<T> Answer<T>(Task<T> request, CancellationToken cancellation)
    {
        Track(request);
        return request.WaitAsync(cancellation);
    }

    private Task Answer(Task request, CancellationToken cancellation)
    {
        Track(request);
        return request.WaitAsync(cancellation);
    }

    private void Track(Task request)
    {
        _pending[request] = 0;
        _ = request.ContinueWith(done => _pending.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task<Dictionary<TopicPartition, long>> ListOffsets(IReadOnlyCollection<TopicPartition> partitions, OffsetSpec spec, CancellationToken cancellation)
    {
        try
        {
            var asked = partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = new(partition.Topic, partition.Partition), OffsetSpec = spec });
            var result = await Answer(_client.ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = _timeout }), cancellation);
            _faults.Clear();
            return result.ResultInfos.ToDictionary(
                info => new TopicPartition(info.TopicPartitionOffsetError.Topic, info.TopicPartitionOffsetError.Partition.Value),
                info => info.TopicPartitionOffsetError.Offset.Value);
        }
        catch (ListOffsetsException e)
        {
            var failed = e.Result.ResultInfos.First(info => info.TopicPartitionOffsetError.Error.IsError).TopicPartitionOffsetError;
            throw Exception(failed.Error, $"Asking for the offsets of {failed.Topic}-{failed.Partition.Value}");
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Asking for the offsets of {string.Join(", ", partitions.Select(partition => partition.Topic).Distinct())}");
        }
    }

    private async Task<IReadOnlyList<TopicDescription>> Describe(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        try
        {
            var result = await Answer(_client.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = _timeout }), cancellation);
            _faults.Clear();
            return result.TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            return e.Results.TopicDescriptions;
        }
        catch (KafkaException e)
        {
            throw Exception(e.Error, $"Describing {string.Join(", ", topics)}");
        }
    }

    private Task Until(Func<IReadOnlyDictionary<string, int>, bool> isReached, IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Until(isReached, topics, _timeout, cancellation);

    private async Task Until(Func<IReadOnlyDictionary<string, int>, bool> isReached, IReadOnlyCollection<string> topics, TimeSpan patience, CancellationToken cancellation)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!isReached(await PartitionCountsAsync(topics, cancellation)) && TimeProvider.System.GetElapsedTime(start) < patience)
            await Task.Delay(Pause, TimeProvider.System, cancellation);
    }

    private void ThrowUnless(Confluent.Kafka.ErrorCode harmless, IEnumerable<(string Topic, Error Error)> results, string what)
    {
        foreach (var (topic, error) in results)
            if (error.IsError && error.Code != harmless)
                throw Exception(error, $"{what} {topic}");
    }

    private LogException Exception(Error error, string what)
    {
        // What the client reports is the request's end; why there was none is in what it logged.
        var why = (int)error.Code < 0 && _faults.Last is { } fault ? $"; {fault}" : "";
        return KafkaError.Exception((Native.ErrorCode)(int)error.Code, what, $"{error.Reason} ({(int)error.Code}){why}", error.IsFatal);
    }
}
