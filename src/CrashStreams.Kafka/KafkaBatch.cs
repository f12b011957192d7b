using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>The messages of one poll, in librdkafka's memory, which the next poll gives back.</summary>
internal sealed unsafe class KafkaBatch(int capacity, PartitionTable partitions) : LogBatch
{
    // Pinned, because librdkafka writes into it.
    private readonly nint[] _messages = GC.AllocateArray<nint>(capacity, pinned: true);
    private readonly int[] _partitionIndexes = new int[capacity];
    private int _count;

    public override int Count => _count;

    public override IReadOnlyList<TopicPartition> Partitions => partitions.All;

    public int Free => capacity - _count;

    public override LogRecord this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            var message = (NativeMessage*)_messages[index];
            int timestampType;
            return new LogRecord
            {
                Key = new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength),
                Value = new ReadOnlySpan<byte>(message->Payload, (int)message->Length),
                HasKey = message->Key != null,
                HasValue = message->Payload != null,
                PartitionIndex = _partitionIndexes[index],
                Offset = message->Offset,
                Timestamp = Librdkafka.rd_kafka_message_timestamp(message, &timestampType),
                Headers = HeadersOf(message),
            };
        }
    }

    /// <summary>
    /// Appends what the queue holds. With more room than one message librdkafka waits until all of it is filled,
    /// so a call that waits asks for one.
    /// </summary>
    /// <returns>The messages received, records or not.</returns>
    public int Receive(nint queue, int waitMs, int limit, ReceivedMessages received)
    {
        int taken;
        fixed (nint* messages = _messages)
            taken = (int)Librdkafka.rd_kafka_consume_batch_queue(queue, waitMs, (NativeMessage**)(messages + _count), (nuint)Math.Min(limit, Free));

        var first = _count;
        for (var i = 0; i < taken; i++)
        {
            var message = (NativeMessage*)_messages[first + i];
            if (message->Error != ErrorCode.NoError)
            {
                received.Event(message);
                Librdkafka.rd_kafka_message_destroy(message);
                continue;
            }

            _messages[_count] = (nint)message;
            _partitionIndexes[_count++] = received.Record(message);
        }

        return taken;
    }

    /// <summary>Gives the messages back.</summary>
    public void Release()
    {
        for (var i = 0; i < _count; i++)
            Librdkafka.rd_kafka_message_destroy((NativeMessage*)_messages[i]);
        _count = 0;
    }

    private static Headers? HeadersOf(NativeMessage* message)
    {
        if (HasNoHeaders(message))
            return null;
        nint list;
        return Librdkafka.rd_kafka_message_headers(message, &list) == ErrorCode.NoError ? Read(list) : null;
    }

    // Asked for headers, librdkafka sets up a parser even where there are none, with allocations of its own: an eighth of the processor time
    // of a drain (docs/decisions/what-was-measured.md).
    // A value points into the fetched batch, where the number of headers follows it (KIP-98: a varint); librdkafka has read as far, so the byte is
    // there. In the message sets before that format the next message's offset follows: no headers, whatever it says. An empty value points elsewhere.
    private static bool HasNoHeaders(NativeMessage* message) => message->Length > 0 && message->Payload[message->Length] == 0;

    private static Headers Read(nint list)
    {
        var headers = new Headers();
        byte* name;
        byte* value;
        nuint size;
        for (nuint i = 0; Librdkafka.rd_kafka_header_get_all(list, i, &name, &value, &size) == ErrorCode.NoError; i++)
            headers.Add(Marshal.PtrToStringUTF8((nint)name)!, value == null ? null : new ReadOnlySpan<byte>(value, (int)size).ToArray());
        return headers;
    }
}
