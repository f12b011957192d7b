using System.Runtime.InteropServices;

namespace CrashStreams.Kafka.Native;

/// <summary>
/// The calls into librdkafka, named as in its <c>rdkafka.h</c>. <see cref="LibrdkafkaLoader"/> decides which file they go to.
/// Calls of some nanoseconds that neither wait nor call back skip the garbage collector's transition.
/// </summary>
internal static unsafe partial class Librdkafka
{
    public const string Library = "librdkafka";
    public const int Producer = 0, Consumer = 1;
    public const int CopyPayload = 2;
    public const int DeliveryReportEvents = 1;
    public const long OffsetBeginning = -2, OffsetInvalid = -1001;
    public const int PurgeQueueAndInflight = 3;

    [LibraryImport(Library)] public static partial int rd_kafka_version();
    [LibraryImport(Library)] public static partial byte* rd_kafka_err2str(ErrorCode code);

    [LibraryImport(Library)] public static partial nint rd_kafka_conf_new();
    [LibraryImport(Library)] public static partial void rd_kafka_conf_destroy(nint conf);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rd_kafka_conf_set(nint conf, string name, string value, byte* error, nuint errorSize);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_opaque(nint conf, nint opaque);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_log_cb(nint conf, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, void> callback);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_error_cb(nint conf, delegate* unmanaged[Cdecl]<nint, ErrorCode, byte*, nint, void> callback);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_stats_cb(nint conf, delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, int> callback);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_rebalance_cb(nint conf, delegate* unmanaged[Cdecl]<nint, ErrorCode, NativePartitionList*, nint, void> callback);
    [LibraryImport(Library)] public static partial void rd_kafka_conf_set_events(nint conf, int events);
    [LibraryImport(Library)] public static partial nint rd_kafka_opaque(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_new(int type, nint conf, byte* error, nuint errorSize);
    [LibraryImport(Library)] public static partial void rd_kafka_destroy(nint client);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_fatal_error(nint client, byte* error, nuint errorSize);

    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_error_code(nint error);
    [LibraryImport(Library)] public static partial byte* rd_kafka_error_string(nint error);
    [LibraryImport(Library)] public static partial int rd_kafka_error_is_fatal(nint error);
    [LibraryImport(Library)] public static partial int rd_kafka_error_is_retriable(nint error);
    [LibraryImport(Library)] public static partial void rd_kafka_error_destroy(nint error);

    [LibraryImport(Library)] public static partial NativePartitionList* rd_kafka_topic_partition_list_new(int capacity);
    [LibraryImport(Library)] public static partial void rd_kafka_topic_partition_list_destroy(NativePartitionList* list);
    [LibraryImport(Library)] public static partial NativePartitionList* rd_kafka_topic_partition_list_copy(NativePartitionList* list);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativePartition* rd_kafka_topic_partition_list_add(NativePartitionList* list, string topic, int partition);
    [LibraryImport(Library)] public static partial byte* rd_kafka_mem_malloc(nint client, nuint size);

    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_poll_set_consumer(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_queue_get_consumer(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_queue_get_main(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_queue_poll(nint queue, int timeoutMs);
    [LibraryImport(Library)] public static partial NativeMessage* rd_kafka_event_message_next(nint next);
    [LibraryImport(Library)] public static partial void rd_kafka_event_destroy(nint taken);
    [LibraryImport(Library)] public static partial void rd_kafka_queue_destroy(nint queue);
    [LibraryImport(Library)] public static partial void rd_kafka_queue_yield(nint queue);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_subscribe(nint client, NativePartitionList* topics);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_assign(nint client, NativePartitionList* partitions);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_assignment(nint client, NativePartitionList** partitions);
    [LibraryImport(Library)] public static partial nint rd_kafka_incremental_assign(nint client, NativePartitionList* partitions);
    [LibraryImport(Library)] public static partial nint rd_kafka_incremental_unassign(nint client, NativePartitionList* partitions);
    [LibraryImport(Library)] public static partial byte* rd_kafka_rebalance_protocol(nint client);
    [LibraryImport(Library)] public static partial int rd_kafka_assignment_lost(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_consume_batch_queue(nint queue, int timeoutMs, NativeMessage** messages, nuint size);
    [LibraryImport(Library)] public static partial void rd_kafka_message_destroy(NativeMessage* message);
    [LibraryImport(Library), SuppressGCTransition] public static partial long rd_kafka_message_timestamp(NativeMessage* message, int* type);
    [LibraryImport(Library), SuppressGCTransition] public static partial ErrorCode rd_kafka_message_headers(NativeMessage* message, nint* headers);
    [LibraryImport(Library), SuppressGCTransition]
    public static partial ErrorCode rd_kafka_header_get_all(nint headers, nuint index, byte** name, byte** value, nuint* size);
    [LibraryImport(Library)] public static partial byte* rd_kafka_topic_name(nint topic);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_pause_partitions(nint client, NativePartitionList* partitions);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_resume_partitions(nint client, NativePartitionList* partitions);
    [LibraryImport(Library)] public static partial nint rd_kafka_seek_partitions(nint client, NativePartitionList* partitions, int timeoutMs);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_position(nint client, NativePartitionList* partitions);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ErrorCode rd_kafka_get_watermark_offsets(nint client, string topic, int partition, long* low, long* high);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ErrorCode rd_kafka_query_watermark_offsets(nint client, string topic, int partition, long* low, long* high, int timeoutMs);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_committed(nint client, NativePartitionList* partitions, int timeoutMs);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_commit(nint client, NativePartitionList* offsets, int async);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_consumer_close(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_consumer_group_metadata(nint client);
    [LibraryImport(Library)] public static partial void rd_kafka_consumer_group_metadata_destroy(nint metadata);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rd_kafka_topic_new(nint client, string topic, nint conf);
    [LibraryImport(Library)] public static partial void rd_kafka_topic_destroy(nint topic);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_metadata(nint client, int allTopics, nint onlyTopic, NativeMetadata** metadata, int timeoutMs);
    [LibraryImport(Library)] public static partial void rd_kafka_metadata_destroy(NativeMetadata* metadata);
    [LibraryImport(Library)] public static partial nint rd_kafka_produceva(nint client, ProduceArgument* arguments, nuint count);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_flush(nint client, int timeoutMs);
    [LibraryImport(Library)] public static partial ErrorCode rd_kafka_purge(nint client, int flags);
    [LibraryImport(Library)] public static partial nint rd_kafka_headers_new(nuint capacity);
    [LibraryImport(Library)] public static partial void rd_kafka_headers_destroy(nint headers);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ErrorCode rd_kafka_header_add(nint headers, string name, nint nameSize, byte* value, nint valueSize);
    [LibraryImport(Library)] public static partial nint rd_kafka_init_transactions(nint client, int timeoutMs);
    [LibraryImport(Library)] public static partial nint rd_kafka_begin_transaction(nint client);
    [LibraryImport(Library)] public static partial nint rd_kafka_send_offsets_to_transaction(nint client, NativePartitionList* offsets, nint group, int timeoutMs);
    [LibraryImport(Library)] public static partial nint rd_kafka_commit_transaction(nint client, int timeoutMs);
    [LibraryImport(Library)] public static partial nint rd_kafka_abort_transaction(nint client, int timeoutMs);
}
