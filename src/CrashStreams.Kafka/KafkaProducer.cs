using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Kafka;

/// <summary>
/// Writes through <c>rd_kafka_produceva</c>, which copies a record's bytes; nothing is allocated here for a record. librdkafka
/// reports failed deliveries only, so a successful one costs nothing.
/// </summary>
internal sealed unsafe class KafkaProducer : NativeClient, ILogProducer
{
    // What librdkafka adds to a record when it compares it with message.max.bytes: more than what it takes at least.
    private const int LargestOverhead = 128;
    private const string PropagationProperty = "topic.metadata.propagation.max.ms";
    private static readonly TimeSpan _longestPropagation = TimeSpan.FromSeconds(10);
    private readonly ProducerTopics _topics;
    private readonly KafkaOptions _options;
    private readonly int _requestTimeoutMs;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly DeliveryReports _reports;

    public KafkaProducer(KafkaOptions options, ClientProperties properties, bool isTransactional, ConnectionFaults faults)
        : base(Librdkafka.Producer, properties, faults)
    {
        _options = options;
        MaxRecordBytes = int.Parse(properties.Values["message.max.bytes"], CultureInfo.InvariantCulture) - LargestOverhead;
        Compresses = properties.Values["compression.codec"] != "none";
        _requestTimeoutMs = (int)options.RequestTimeout.TotalMilliseconds;
        _reports = new(Handle);
        _topics = new(Handle, _reports, Propagation(options, isTransactional), _requestTimeoutMs);
    }

    public int MaxRecordBytes { get; }

    public bool Compresses { get; }

    public int PartitionCount(string topic) => _topics[topic].PartitionCount;

    [SkipLocalsInit]
    public void Send(string topic, int partition, in LogRecord record)
    {
        var target = _topics[topic];
        if (partition != ILogProducer.AnyPartition && (uint)partition >= (uint)target.PartitionCount)
            throw new LogException($"Sending to {topic}-{partition} failed: the topic has {target.PartitionCount} partitions.");

        // A pointer to nothing means null, so what is empty points here.
        byte empty;
        var arguments = stackalloc ProduceArgument[7];
        fixed (byte* key = record.Key, value = record.Value)
        {
            arguments[0].Type = ProduceArgument.TopicHandle;
            arguments[0].Pointer = target.Handle;
            arguments[1].Type = ProduceArgument.PartitionNumber;
            arguments[1].Int32 = partition;
            arguments[2].Type = ProduceArgument.Flags;
            arguments[2].Int32 = Librdkafka.CopyPayload;
            arguments[3].Type = ProduceArgument.Value;
            arguments[3].Bytes = !record.HasValue ? null : value == null ? &empty : value;
            arguments[3].Length = (nuint)record.Value.Length;
            arguments[4].Type = ProduceArgument.Key;
            arguments[4].Bytes = !record.HasKey ? null : key == null ? &empty : key;
            arguments[4].Length = (nuint)record.Key.Length;
            arguments[5].Type = ProduceArgument.Timestamp;
            arguments[5].Int64 = Timestamp(record.Timestamp);
            nuint count = 6;
            nint headers = 0;
            if (record.Headers is { Count: > 0 })
            {
                headers = NativeHeaders(record.Headers);
                arguments[6].Type = ProduceArgument.HeaderList;
                arguments[6].Pointer = headers;
                count = 7;
            }

            var error = Librdkafka.rd_kafka_produceva(Handle, arguments, count);
            if (error != 0)
                Retry(error, arguments, count, headers, topic, partition);
        }
    }

    public void Flush()
    {
        // In a transaction each record fails by itself after the delivery timeout; the rest is for the broker's last answer.
        var timeout = _options.DeliveryTimeout + _options.RequestTimeout;
        var code = Flush(timeout);
        ThrowFailures();
        KafkaError.ThrowIf(code, $"Flushing {Name}");
    }

    public bool TryFlush(TimeSpan patience)
    {
        var code = Flush(patience);
        ThrowFailures();
        if (code == ErrorCode.LocalTimedOut)
            return false;
        KafkaError.ThrowIf(code, $"Flushing {Name}");
        return true;
    }

    public void InitTransactions() => Retrying(() => Librdkafka.rd_kafka_init_transactions(Handle, _requestTimeoutMs), "Preparing transactions");

    public void BeginTransaction() => KafkaError.ThrowIf(Librdkafka.rd_kafka_begin_transaction(Handle), "Beginning a transaction");

    public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
    {
        Flush();
        if (offsets.Count > 0)
        {
            if (groupIdentity is not GroupIdentity group)
                throw new ArgumentException("The group identity is not of a Kafka consumer.", nameof(groupIdentity));

            using var list = PartitionList.Empty();
            foreach (var (partition, offset) in offsets)
                list.Add(Handle, partition, offset);
            Retrying(() => Librdkafka.rd_kafka_send_offsets_to_transaction(Handle, list.Pointer, group.DangerousGetHandle(), _requestTimeoutMs), "Adding offsets to the transaction");
            GC.KeepAlive(group);
        }

        Retrying(() => Librdkafka.rd_kafka_commit_transaction(Handle, _requestTimeoutMs), "Committing the transaction");
        ThrowFailures();
    }

    public void AbortTransaction()
    {
        _reports.TakeDuring(() => Retrying(() => Librdkafka.rd_kafka_abort_transaction(Handle, _requestTimeoutMs), "Aborting the transaction"));
        // The records of the transaction were dropped by intent.
        _reports.Forget();
    }

    /// <summary>Ends the producer. What was not flushed is dropped.</summary>
    public void Dispose()
    {
        if (IsClosed)
            return;
        Librdkafka.rd_kafka_purge(Handle, Librdkafka.PurgeQueueAndInflight);
        _topics.Dispose();
        _reports.Dispose();
        DestroyHandle();
    }

    private ErrorCode Flush(TimeSpan patience)
    {
        // Failed records are counted until their reports are taken.
        const int glanceMs = 10;
        for (var left = (int)patience.TotalMilliseconds; ; left -= glanceMs)
        {
            var code = Librdkafka.rd_kafka_flush(Handle, Math.Min(left, glanceMs));
            _reports.Take();
            if (code != ErrorCode.LocalTimedOut || left <= glanceMs)
                return code;
        }
    }

    // How long a topic may be unknown before it counts as missing: not longer than librdkafka waits, nor so long that a transaction which has to wait for it can't be committed any more.
    private static TimeSpan Propagation(KafkaOptions options, bool isTransactional)
    {
        var propagation = _longestPropagation;
        if ((options.ProducerProperties.GetValueOrDefault(PropagationProperty) ?? options.Properties.GetValueOrDefault(PropagationProperty)) is { } set)
            propagation = TimeSpan.FromMilliseconds(Math.Min(propagation.TotalMilliseconds, int.Parse(set, CultureInfo.InvariantCulture)));
        return isTransactional && options.TransactionTimeout / 2 < propagation ? options.TransactionTimeout / 2 : propagation;
    }

    // librdkafka takes 0 for "now", so the epoch's first millisecond is its second.
    private static long Timestamp(long timestampMs) => timestampMs < 0 ? 0 : Math.Max(1, timestampMs);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Retry(nint error, ProduceArgument* arguments, nuint count, nint headers, string topic, int partition)
    {
        var start = _time.GetTimestamp();
        while (error != 0 && Librdkafka.rd_kafka_error_code(error) == ErrorCode.LocalQueueFull && _time.GetElapsedTime(start) < _options.DeliveryTimeout)
        {
            Librdkafka.rd_kafka_error_destroy(error);
            Librdkafka.rd_kafka_flush(Handle, 1);
            _reports.Take();
            error = Librdkafka.rd_kafka_produceva(Handle, arguments, count);
        }

        if (error == 0)
            return;
        if (headers != 0)
            Librdkafka.rd_kafka_headers_destroy(headers);
        // A transaction that a refused batch has ended takes no records: the batch is to blame, not this record.
        var hasTransactionEnded = Librdkafka.rd_kafka_error_code(error) == ErrorCode.LocalState;
        if (hasTransactionEnded)
        {
            _reports.Take();
            if (_reports.Count > 0)
            {
                Librdkafka.rd_kafka_error_destroy(error);
                ThrowFailures();
            }
        }

        var fatal = FatalError();
        var exception = KafkaError.Take(error, $"Sending to {topic}-{partition}");
        throw fatal ?? (hasTransactionEnded ? new LogException(exception.Message, exception) { IsRetriable = true } : exception);
    }

    private static void Retrying(Func<nint> call, string what)
    {
        // A retriable error means that librdkafka goes on in the background and wants the same call again to see the end of it.
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            var error = call();
            if (error == 0)
                return;
            var exception = KafkaError.Take(error, what);
            if (!exception.IsRetriable || exception.IsFatal || attempt == attempts)
                throw exception;
        }
    }

    private void ThrowFailures()
    {
        var fatal = FatalError();
        if (_reports.Count == 0)
        {
            if (fatal is not null)
                throw fatal;
            return;
        }

        var (count, code, failed) = (_reports.Count, _reports.First, _reports.Failed);
        _reports.Forget();
        var first = failed.FirstOrDefault(f => f.Refusal != LogRefusal.None, failed[0]);
        var cause = fatal ?? (code is ErrorCode.LocalPurgedFromQueue or ErrorCode.LocalPurgedInFlight ? TransactionError() : null);
        throw NotWritten($"{count} records were not written{(cause is null ? "" : $" ({cause.Message})")}. First: {first.Topic}-{first.Partition}: {first.Reason}.", code, cause, fatal is not null, failed);
    }

    /// <summary>What is to be done about records that were not written: what their cause asks for, where they were dropped because of something else.</summary>
    internal static LogException NotWritten(string message, ErrorCode code, LogException? cause, bool isFatal, FailedRecord[] failed) => new(message)
    {
        Failed = failed,
        IsFatal = isFatal,
        IsFenced = cause?.IsFenced ?? KafkaError.IsFenced(code),
        IsRetriable = !isFatal && (cause?.IsRetriable ?? KafkaError.IsRetriable(code)),
    };

    // A transaction that has failed drops its records. Why it has failed is told to whoever wants to go on with it; to begin it a second time can't do harm.
    private LogException? TransactionError()
    {
        var error = Librdkafka.rd_kafka_begin_transaction(Handle);
        return error == 0 ? null : KafkaError.Take(error, "The transaction");
    }

    private static nint NativeHeaders(Headers headers)
    {
        var list = Librdkafka.rd_kafka_headers_new((nuint)headers.Count);
        byte empty;
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, value) = headers[i];
            fixed (byte* bytes = value)
                Librdkafka.rd_kafka_header_add(list, name, Encoding.UTF8.GetByteCount(name), value is null ? null : bytes == null ? &empty : bytes, value?.Length ?? 0);
        }

        return list;
    }
}
