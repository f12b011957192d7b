using System.Runtime.InteropServices;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Native;

/// <summary>Owns a list of partitions in librdkafka's memory.</summary>
internal readonly unsafe struct PartitionList(NativePartitionList* list) : IDisposable
{
    public NativePartitionList* Pointer => list;
    public int Count => list->Count;
    public ref NativePartition this[int index] => ref list->Items[index];

    public static PartitionList Of(IEnumerable<TopicPartition> partitions)
    {
        var list = Empty();
        foreach (var partition in partitions)
            list.Add(partition, Librdkafka.OffsetInvalid);
        return list;
    }

    public static PartitionList Empty() => new(Librdkafka.rd_kafka_topic_partition_list_new(16));

    public void Add(TopicPartition partition, long offset) =>
        Librdkafka.rd_kafka_topic_partition_list_add(list, partition.Topic, partition.Partition)->Offset = offset;

    public void Add(nint client, TopicPartition partition, OffsetAndMetadata offset)
    {
        var item = Librdkafka.rd_kafka_topic_partition_list_add(list, partition.Topic, partition.Partition);
        item->Offset = offset.Offset;
        if (string.IsNullOrEmpty(offset.Metadata))
            return;

        // The list frees its items' metadata, so it must come from librdkafka's own allocator.
        var size = Encoding.UTF8.GetByteCount(offset.Metadata);
        item->Metadata = Librdkafka.rd_kafka_mem_malloc(client, (nuint)size);
        item->MetadataSize = (nuint)size;
        Encoding.UTF8.GetBytes(offset.Metadata, new Span<byte>(item->Metadata, size));
    }

    public TopicPartition Partition(int index) => new(Marshal.PtrToStringUTF8((nint)list->Items[index].Topic)!, list->Items[index].Partition);

    public TopicPartition[] ToArray()
    {
        var partitions = new TopicPartition[list->Count];
        for (var i = 0; i < partitions.Length; i++)
            partitions[i] = Partition(i);
        return partitions;
    }

    public string Metadata(int index)
    {
        ref var item = ref list->Items[index];
        return item.Metadata == null ? "" : Encoding.UTF8.GetString(item.Metadata, (int)item.MetadataSize);
    }

    /// <summary>Throws for the first partition that carries an error.</summary>
    public void ThrowIfAnyFailed(string what)
    {
        for (var i = 0; i < list->Count; i++)
            if (list->Items[i].Error != ErrorCode.NoError)
                throw KafkaError.Exception(list->Items[i].Error, $"{what} of {Partition(i)}");
    }

    public void Dispose() => Librdkafka.rd_kafka_topic_partition_list_destroy(list);
}
