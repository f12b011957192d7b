using System.Runtime.InteropServices;
using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>Everything that a thread's tasks write goes through here: results, markers, changelogs, dead letters.</summary>
internal sealed class RecordCollector : IRecordWriter
{
    private const long LongestPackMs = 5;

    // A broker acknowledges sooner, and what it has not acknowledged then is on its way.
    private static readonly TimeSpan _sendPatience = TimeSpan.FromMilliseconds(3);

    private readonly ILogProducer _producer;
    private readonly ILogAdmin _admin;
    private readonly TimeProvider _time;
    private readonly WrittenTopics _topics;
    private readonly bool _isTransactional;
    private readonly bool _isCompressed;
    private WrittenTopic? _last;
    private string? _lastName;
    private long _lookedAtMs;
    private readonly bool _packs;
    private readonly List<(WrittenTopic Topic, Pack Pack)> _open = [];
    private long _openSinceMs = -1;
    private bool _inTransaction;

    /// <param name="producer">The client.</param>
    /// <param name="isTransactional">Whether it writes in transactions.</param>
    /// <param name="packs">Whether records for other tasks travel together.</param>
    /// <param name="topics">What is known of topics.</param>
    /// <param name="admin">Asks for their settings.</param>
    /// <param name="time">The wall clock.</param>
    public RecordCollector(ILogProducer producer, bool isTransactional, bool packs, WrittenTopics topics, ILogAdmin admin, TimeProvider time)
    {
        _packs = packs;
        (_producer, _isTransactional, _topics, _admin, _time) = (producer, isTransactional, topics, admin, time);
        _isCompressed = producer.Compresses;
        topics.BeginAgain();
    }

    public bool InTransaction => _inTransaction;

    /// <summary>Whether the client may hold back what was queued, to fill its batches.</summary>
    public bool HasUnsent { get; private set; }

    /// <summary>How many records were queued since the start.</summary>
    public long Written { get; private set; }

    public int PartitionCount(string topic) => _producer.PartitionCount(topic);

    /// <summary>The largest record that the client and the topic take, in bytes on the wire.</summary>
    public long MaxRecordBytes(string topic) => Math.Min(_producer.MaxRecordBytes, Topic(topic).Limits.MaxBatchBytes);

    /// <summary>The time nearest to a record's own that a topic takes.</summary>
    public long FitTime(string topic, long timestampMs) => Topic(topic).Limits is { TakesAnyTime: false } limits ? limits.Fit(timestampMs, NowMs()) : timestampMs;

    /// <summary>Tells every partition of a repartition topic how far the event time of its writers has come.</summary>
    public void SendMarkers(string topic, List<WatermarkMarker> tasks)
    {
        SendPacks();
        for (var first = 0; first < tasks.Count; first += MarkerRecord.MaxTasks)
        {
            var part = CollectionsMarshal.AsSpan(tasks).Slice(first, Math.Min(MarkerRecord.MaxTasks, tasks.Count - first));
            var headers = MarkerRecord.Of(part);
            var timestamp = FitTime(topic, Math.Max(0, part[0].Watermark));
            for (var partition = 0; partition < _producer.PartitionCount(topic); partition++)
                Send(topic, partition, new LogRecord { Timestamp = timestamp, Headers = headers });
        }
    }

    /// <summary>Queues a record.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition, or <see cref="ILogProducer.AnyPartition"/>.</param>
    /// <param name="record">Its bytes are copied.</param>
    /// <exception cref="LogException">
    /// Neither retriable, fenced nor fatal: the log refuses this record, and it was not sent. Else the thread has to begin again.
    /// </exception>
    public void Send(string topic, int partition, in LogRecord record) => Send(Topic(topic), partition, in record);

    /// <inheritdoc/>
    public void Shuffle(string topic, int partition, in LogRecord record, byte[]? readAt)
    {
        var to = Topic(topic);
        if (_packs && partition >= 0 && record.Headers is null && !to.NeedsCare && !to.Limits.NeedsKey && Pack.Takes(in record, readAt, to.Limits.MaxBatchBytes))
        {
            AddToPack(to, partition, in record, readAt);
            return;
        }

        // In the order in which they were written.
        SendPacks();
        if (readAt is null)
            Send(to, partition, in record);
        else
            Send(to, partition, record.With(ReadAt.Put(record.Headers, readAt)));
    }

    /// <summary>Called once in each turn: while there is much to write a pack is sent when it is full, and what is written now and then does not wait for long.</summary>
    public void LookAtPacks(long nowMs)
    {
        if (_open.Count == 0)
            return;
        if (_openSinceMs < 0)
            _openSinceMs = nowMs;
        else if (nowMs - _openSinceMs is < 0 or >= LongestPackMs)
            SendPacks();
    }

    private void AddToPack(WrittenTopic to, int partition, in LogRecord record, byte[]? readAt)
    {
        if (_isTransactional)
            BeginIfNeeded();
        if (to.Packs.Length <= partition)
            to.Packs = [.. to.Packs, .. Enumerable.Range(to.Packs.Length, PartitionCount(to.Name) - to.Packs.Length).Select(static p => new Pack(p))];
        var pack = to.Packs[partition];
        if (!pack.IsEmpty && !pack.HasRoomFor(in record, readAt, to.Limits.MaxBatchBytes))
        {
            Send(to, pack);
            pack.Clear();
        }
        else if (pack.IsEmpty)
        {
            _open.Add((to, pack));
        }

        pack.Add(in record, readAt);
        HasUnsent = true;
        Written++;
        to.Count.Add(record.Key.Length + record.Value.Length);
    }

    private void SendPacks()
    {
        foreach (var (topic, pack) in _open)
            Send(topic, pack);
        DropPacks();
    }

    private void DropPacks()
    {
        foreach (var (_, pack) in _open)
            pack.Clear();
        _open.Clear();
        _openSinceMs = -1;
    }

    private void Send(WrittenTopic to, Pack pack) => Hand(to, pack.Partition, pack.ToRecord(to.Limits is { TakesAnyTime: false } limits ? limits.Fit(pack.Time, NowMs()) : pack.Time));

    private void Send(WrittenTopic to, int partition, in LogRecord record)
    {
        if (MayBeRefused(to.Limits, in record))
            ThrowIfRefused(to, in record);
        if (_isTransactional)
            BeginIfNeeded();
        if (to.NeedsCare)
        {
            SendWithCare(to, partition, in record);
            return;
        }

        Queue(to, partition, in record);
    }

    /// <summary>Waits until everything is written, and commits the inputs' offsets with it. At-least-once: first the results, then the offsets.</summary>
    public void Commit(ILogConsumer consumer, IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        if (_isTransactional && offsets.Count == 0 && !_inTransaction)
            return;
        if (_isTransactional)
        {
            CommitTransaction(consumer, offsets);
        }
        else
        {
            Flush();
            if (offsets.Count > 0)
                consumer.Commit(offsets);
        }

        _topics.Committed();
    }

    /// <summary>Sends what the client holds back. It is acknowledged, or on its way, when the call returns.</summary>
    public void SendNow()
    {
        SendPacks();
        HasUnsent = false;
        try
        {
            _producer.TryFlush(_sendPatience);
        }
        catch (LogException e) when (IsBatchRefusal(e))
        {
            throw BeginAgain(e);
        }
    }

    /// <summary>At-least-once: waits until the log has what was sent so far. A transaction takes everything or nothing anyway.</summary>
    public void FlushResults()
    {
        if (!_isTransactional)
            Flush();
    }

    /// <summary>Drops what was written since the last commit.</summary>
    public void Abort()
    {
        if (!_inTransaction)
            return;
        _inTransaction = HasUnsent = false;
        DropPacks();
        _producer.AbortTransaction();
        _topics.BeginAgain();
    }

    private void CommitTransaction(ILogConsumer consumer, IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        try
        {
            BeginIfNeeded();
            SendPacks();
            HasUnsent = false;
            _producer.CommitTransaction(offsets, consumer.GroupIdentity);
            _inTransaction = false;
        }
        catch (LogException e) when (IsBatchRefusal(e))
        {
            throw BeginAgain(e);
        }
    }

    private void Flush()
    {
        SendPacks();
        HasUnsent = false;
        try
        {
            _producer.Flush();
        }
        catch (LogException e) when (IsBatchRefusal(e))
        {
            throw BeginAgain(e);
        }
    }

    private void Queue(WrittenTopic to, int partition, in LogRecord record)
    {
        Hand(to, partition, in record);
        Written++;
        to.Count.Add(record.Key.Length + record.Value.Length);
    }

    private void Hand(WrittenTopic to, int partition, in LogRecord record)
    {
        try
        {
            _producer.Send(to.Name, partition, in record);
        }
        catch (LogException e) when (IsBatchRefusal(e))
        {
            throw BeginAgain(e);
        }

        HasUnsent = true;
        to.Uncommitted++;
    }

    // The broker has refused a record that was sent to this topic: until it is found, records are sent in groups.
    private void SendWithCare(WrittenTopic to, int partition, in LogRecord record)
    {
        if (to.KnownRefusal(in record, NowMs()) is { } reason)
            throw Refused(to, reason);
        if (!to.IsSearching)
        {
            Queue(to, partition, in record);
            return;
        }

        // What is refused from now on is of this group.
        if (to.InGroup == 0)
            Flush();
        Queue(to, partition, in record);
        to.SentSuspect();
        if (to.InGroup < to.GroupSize)
            return;
        try
        {
            _producer.Flush();
            to.Flushed();
        }
        catch (LogException e) when (IsBatchRefusal(e))
        {
            if (to.InGroup > 1 || Refusal(e, to.Name) is not { } refusal)
                throw BeginAgain(e);
            FoundRefused(to, in record, refusal);
        }
    }

    private void FoundRefused(WrittenTopic to, in LogRecord record, FailedRecord refusal)
    {
        to.Uncommitted--;
        to.InGroup = 0;
        if (refusal.Refusal == LogRefusal.Topic)
            to.CloseFor(refusal.Reason, NowMs());
        else if (_isTransactional)
            to.Remember(in record, refusal.Reason);
        if (!_isTransactional)
            throw Refused(to, refusal.Reason);
        throw new LogException($"Topic '{to.Name}' refuses a record, and with it the transaction ({refusal.Reason}). The tasks begin again from what is committed, without it.") { IsRetriable = true };
    }

    private LogException BeginAgain(LogException failure)
    {
        var now = NowMs();
        var topics = new List<string>();
        foreach (var refusals in failure.Failed.Where(f => f.Refusal != LogRefusal.None).GroupBy(f => f.Topic))
        {
            topics.Add($"'{refusals.Key}' ({refusals.First().Reason})");
            if (refusals.Any(f => f.Refusal == LogRefusal.Topic))
                _topics[refusals.Key].CloseFor(refusals.First().Reason, now);
            else
                _topics[refusals.Key].Suspect();
        }

        return new($"Records were refused by topic {string.Join(", ", topics)}. The tasks begin again from what is committed and send them in small groups, to find those that are refused.", failure)
        {
            IsRetriable = true, Failed = failure.Failed,
        };
    }

    private static bool IsBatchRefusal(LogException e) => e is { IsFatal: false, IsFenced: false } && e.Failed.Any(f => f.Refusal != LogRefusal.None);

    private static FailedRecord? Refusal(LogException e, string topic) =>
        e.Failed.Where(f => f.Topic == topic && f.Refusal != LogRefusal.None).Cast<FailedRecord?>().FirstOrDefault();

    private static LogException Refused(WrittenTopic topic, string reason) => new($"Topic '{topic.Name}' refuses the record: {reason}.");

    // The clock is only looked at when a record is ahead of the last look.
    private bool MayBeRefused(TopicLimits limits, in LogRecord record) =>
        (limits.NeedsKey && !record.HasKey)
        || record.Timestamp - _lookedAtMs > limits.MaxAheadMs
        || limits.MaxBehindMs != long.MaxValue
        || (!_isCompressed && record.Key.Length + record.Value.Length + MostOfHeaders(record.Headers) > limits.MaxBatchBytes);

    // Headers are measured exactly only where their number says that it may matter.
    private static long MostOfHeaders(Headers? headers) => RecordSize.MostOverhead + (headers is null ? 0 : RecordSize.Of(headers));

    private void ThrowIfRefused(WrittenTopic to, in LogRecord record)
    {
        var now = NowMs();
        if (to.Limits.Refusal(in record, now, _isCompressed) is null)
            return;
        WrittenTopics.Refresh(to, _admin, now);
        if (to.Limits.Refusal(in record, now, _isCompressed) is { } reason)
            throw Refused(to, reason);
    }

    private WrittenTopic Topic(string topic) => ReferenceEquals(topic, _lastName) ? _last! : Find(topic);

    private WrittenTopic Find(string topic)
    {
        _lastName = topic;
        _last = _topics[topic];
        if (!_last.HasLimits)
            WrittenTopics.Refresh(_last, _admin, NowMs());
        return _last;
    }

    private long NowMs() => _lookedAtMs = _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void BeginIfNeeded()
    {
        if (_inTransaction)
            return;
        _producer.BeginTransaction();
        _inTransaction = true;
    }
}
