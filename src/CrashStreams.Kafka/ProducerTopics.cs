using System.Diagnostics;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>The topics that a producer has written to: their handles and partition counts.</summary>
internal sealed unsafe class ProducerTopics(nint client, DeliveryReports reports, TimeSpan propagation, int requestTimeoutMs) : IDisposable
{
    private readonly Dictionary<string, ProducerTopic> _topics = [];

    // Since when: who goes on without them is not to wait for each record.
    private readonly Dictionary<string, long> _missing = [];
    private ProducerTopic _last;

    public ProducerTopic this[string topic] => ReferenceEquals(topic, _last.Name) ? _last : Find(topic);

    public void Dispose()
    {
        foreach (var topic in _topics.Values)
            Librdkafka.rd_kafka_topic_destroy(topic.Handle);
        _topics.Clear();
    }

    private ProducerTopic Find(string topic)
    {
        if (!_topics.TryGetValue(topic, out var found))
            _topics[topic] = found = Open(topic);
        return _last = found with { Name = topic };
    }

    private ProducerTopic Open(string topic)
    {
        var handle = Librdkafka.rd_kafka_topic_new(client, topic, 0);
        if (handle == 0)
            throw new LogException($"'{topic}' is no topic name that librdkafka accepts.");

        while (true)
        {
            var (code, partitions) = Ask(handle);
            if (code == ErrorCode.NoError)
            {
                _missing.Remove(topic);
                return new(topic, handle, partitions);
            }

            if (code is not (ErrorCode.UnknownTopicOrPartition or ErrorCode.LeaderNotAvailable) || !MayAppear(topic))
            {
                Librdkafka.rd_kafka_topic_destroy(handle);
                throw code == ErrorCode.UnknownTopicOrPartition ? Missing(topic) : KafkaError.Exception(code, $"Asking for topic {topic}");
            }

            reports.Take(100);
        }
    }

    // A topic that was just made is not known to all brokers at once.
    private bool MayAppear(string topic)
    {
        if (!_missing.TryGetValue(topic, out var since))
            _missing[topic] = since = Stopwatch.GetTimestamp();
        return Stopwatch.GetElapsedTime(since) < propagation;
    }

    private static LogException Missing(string topic) => new($"Topic '{topic}' does not exist: it was deleted or never made. Create it, or check its name and the cluster.") { MissingTopic = topic };

    private (ErrorCode Code, int Partitions) Ask(nint handle)
    {
        NativeMetadata* metadata;
        var code = Librdkafka.rd_kafka_metadata(client, 0, handle, &metadata, requestTimeoutMs);
        if (code != ErrorCode.NoError)
            return (code, 0);
        var topic = metadata->TopicCount > 0 ? metadata->Topics[0] : default;
        Librdkafka.rd_kafka_metadata_destroy(metadata);
        if (topic.Error != ErrorCode.NoError)
            return (topic.Error, 0);
        return topic.PartitionCount > 0 ? (ErrorCode.NoError, topic.PartitionCount) : (ErrorCode.UnknownTopicOrPartition, 0);
    }
}

/// <summary>A topic as a producer knows it.</summary>
internal readonly record struct ProducerTopic(string Name, nint Handle, int PartitionCount);
