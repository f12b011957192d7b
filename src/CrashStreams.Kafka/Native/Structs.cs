using System.Runtime.InteropServices;

namespace CrashStreams.Kafka.Native;

/// <summary><c>rd_kafka_message_t</c>. When <see cref="Error"/> is set the payload is the error's text.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public ErrorCode Error;
    public nint Topic;
    public int Partition;
    public byte* Payload;
    public nuint Length;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    public nint Private;
}

/// <summary><c>rd_kafka_topic_partition_t</c>. The list that it is in owns topic and metadata.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartition
{
    public byte* Topic;
    public int Partition;
    public long Offset;
    public byte* Metadata;
    public nuint MetadataSize;
    public nint Opaque;
    public ErrorCode Error;
    public nint Private;
}

/// <summary><c>rd_kafka_topic_partition_list_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartitionList
{
    public int Count;
    public int Capacity;
    public NativePartition* Items;
}

/// <summary><c>rd_kafka_vu_t</c>, one argument of <c>rd_kafka_produceva</c>: 4 bytes of type, 4 of padding, a union of 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct ProduceArgument
{
    public const int TopicHandle = 2, PartitionNumber = 3, Value = 4, Key = 5, Flags = 7, Timestamp = 8, HeaderList = 10;

    [FieldOffset(0)] public int Type;
    [FieldOffset(8)] public nint Pointer;
    [FieldOffset(8)] public int Int32;
    [FieldOffset(8)] public long Int64;
    [FieldOffset(8)] public byte* Bytes;
    [FieldOffset(16)] public nuint Length;
}

/// <summary><c>rd_kafka_metadata_t</c>, as far as its topics.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMetadata
{
    public int BrokerCount;
    public nint Brokers;
    public int TopicCount;
    public NativeTopicMetadata* Topics;
}

/// <summary><c>rd_kafka_metadata_topic_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTopicMetadata
{
    public byte* Topic;
    public int PartitionCount;
    public nint Partitions;
    public ErrorCode Error;
}
