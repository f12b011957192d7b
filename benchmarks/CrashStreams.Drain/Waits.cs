using System.Diagnostics;
using System.Globalization;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>How long the stream threads of a process were in each kind of call to the log: what a drain waits for. Threads add to it, so it is locked.</summary>
internal sealed class Waits
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Calls, TimeSpan Time, TimeSpan Longest)> _calls = [];

    public T Time<T>(string call, Func<T> action)
    {
        var start = Stopwatch.GetTimestamp();
        var result = action();
        Add(call, Stopwatch.GetElapsedTime(start));
        return result;
    }

    public void Time(string call, Action action) => Time(call, () =>
    {
        action();
        return true;
    });

    public void Add(string call, TimeSpan time)
    {
        lock (_lock)
        {
            var before = _calls.GetValueOrDefault(call);
            _calls[call] = (before.Calls + 1, before.Time + time, time > before.Longest ? time : before.Longest);
        }
    }

    public void Print()
    {
        foreach (var (call, (calls, time, longest)) in _calls.OrderByDescending(static c => c.Value.Time))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"waits {call,-24} {calls,7} calls {time.TotalSeconds,7:0.00} s, {time.TotalMilliseconds / calls,7:0.0} ms each, {longest.TotalMilliseconds,6:0} ms the longest"));
    }
}

/// <summary>Clients whose stream threads' calls are timed, in all but sending a record.</summary>
internal sealed class TimedClients(ILogClients inner, Waits waits) : ILogClients
{
    public string? InstanceName => inner.InstanceName;

    public string? Address => inner.Address;

    public string? ConnectionFault => inner.ConnectionFault;

    public TimeSpan? TransactionTimeout => inner.TransactionTimeout;

    // Others that know the group only ask it for positions.
    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) =>
        clientId.EndsWith("-0-consumer", StringComparison.Ordinal) ? new Consumer(inner.CreateConsumer(clientId, groupId, readCommitted), waits) : inner.CreateConsumer(clientId, groupId, readCommitted);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

    public ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) => new Producer(inner.CreateProducer(clientId, transactionalId, maxBatchBytes), waits);

    public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    public void RunAside(Action work) => inner.RunAside(work);

    private sealed class Consumer(ILogConsumer inner, Waits waits) : ILogConsumer
    {
        public object GroupIdentity => inner.GroupIdentity;

        public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) => inner.Subscribe(topics, listener);

        public void AskGroup() => waits.Time("ask group", inner.AskGroup);

        public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => inner.Assign(offsets);

        public LogBatch Poll(TimeSpan maxWait)
        {
            var start = Stopwatch.GetTimestamp();
            var batch = inner.Poll(maxWait);
            waits.Add(batch.Count == 0 ? "poll without records" : "poll", Stopwatch.GetElapsedTime(start));
            return batch;
        }

        public void Wake() => inner.Wake();

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public void Seek(TopicPartition partition, long offset) => waits.Time("seek", () => inner.Seek(partition, offset));

        public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

        public long Position(TopicPartition partition) => inner.Position(partition);

        public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => waits.Time("committed offsets", () => inner.Committed(partitions));

        public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => waits.Time("commit offsets", () => inner.Commit(offsets));

        public void Dispose() => inner.Dispose();
    }

    private sealed class Producer(ILogProducer inner, Waits waits) : ILogProducer
    {
        public int MaxRecordBytes => inner.MaxRecordBytes;

        public bool Compresses => inner.Compresses;

        public int PartitionCount(string topic) => inner.PartitionCount(topic);

        public void Send(string topic, int partition, in LogRecord record) => inner.Send(topic, partition, in record);

        public void Flush() => waits.Time("flush", inner.Flush);

        public bool TryFlush(TimeSpan patience) => inner.TryFlush(patience);

        public void InitTransactions() => waits.Time("init transactions", inner.InitTransactions);

        public void BeginTransaction() => waits.Time("begin transaction", inner.BeginTransaction);

        public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
        {
            // It flushes first: apart, so that the two can be told from each other.
            waits.Time("flush in transaction", inner.Flush);
            waits.Time("commit transaction", () => inner.CommitTransaction(offsets, groupIdentity));
        }

        public void AbortTransaction() => waits.Time("abort transaction", inner.AbortTransaction);

        public void Dispose() => inner.Dispose();
    }
}
