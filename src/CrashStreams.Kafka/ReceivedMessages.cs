using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>Sorts what a consumer's queue yields into records, ends of partitions and errors.</summary>
internal sealed unsafe class ReceivedMessages(PartitionTable partitions)
{
    private readonly Queue<LogException> _errors = [];

    /// <summary>The oldest error that is not forgotten yet.</summary>
    public bool TryPeekError([MaybeNullWhen(false)] out LogException error) => _errors.TryPeek(out error);

    public void ForgetError() => _errors.Dequeue();

    /// <summary>Notes a record and answers the index of its partition.</summary>
    public int Record(NativeMessage* message)
    {
        var index = partitions.IndexOf(message);
        partitions.Of(index).Position = message->Offset + 1;
        return index;
    }

    /// <summary>Notes what is no record.</summary>
    public void Event(NativeMessage* message)
    {
        switch (message->Error)
        {
            case ErrorCode.LocalPartitionEof:
                var progress = partitions.Of(partitions.IndexOf(message));
                progress.End = message->Offset;
                progress.Position = Math.Max(progress.Position, message->Offset);
                break;
            case ErrorCode.LocalMaxPollExceeded:
                // The rebalance that follows says which partitions were lost.
                break;
            case ErrorCode.LocalFatal:
                // Told by the client, with its cause.
                break;
            default:
                _errors.Enqueue(Exception(message));
                break;
        }
    }

    private static LogException Exception(NativeMessage* message)
    {
        var text = message->Payload == null ? KafkaError.Text(message->Error) : Marshal.PtrToStringUTF8((nint)message->Payload, (int)message->Length);
        if (message->Topic == 0)
            return KafkaError.Exception(message->Error, "Reading", text);

        var partition = new TopicPartition(Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_topic_name(message->Topic))!, message->Partition);
        if (message->Error is not (ErrorCode.LocalAutoOffsetReset or ErrorCode.OffsetOutOfRange))
            return KafkaError.Exception(message->Error, $"Reading {partition}", text);

        return new LogException(
            $"Reading {partition} failed: its log does not hold offset {message->Offset} ({text}). Records were deleted before they were read, or the topic was made anew. " +
            "Seek to an offset that exists, or reset the group's offsets.")
        {
            OutOfRange = partition,
        };
    }
}
