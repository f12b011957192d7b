using System.Text.Json;

namespace CrashStreams.Kafka;

/// <summary>What one report of librdkafka says of a client.</summary>
internal sealed record ClientReport(long QueuedMessages, long QueuedBytes, long FetchedMessages, long FetchedBytes, IReadOnlyList<BrokerReport> Brokers)
{
    public static ClientReport Of(JsonElement client)
    {
        var (fetched, bytes) = (0L, 0L);
        foreach (var topic in client.GetProperty("topics").EnumerateObject())
        {
            foreach (var partition in topic.Value.GetProperty("partitions").EnumerateObject())
                (fetched, bytes) = (fetched + partition.Value.GetProperty("fetchq_cnt").GetInt64(), bytes + partition.Value.GetProperty("fetchq_size").GetInt64());
        }

        return new(client.GetProperty("msg_cnt").GetInt64(), client.GetProperty("msg_size").GetInt64(), fetched, bytes,
            [.. client.GetProperty("brokers").EnumerateObject().Select(static broker => broker.Value).Where(static broker => broker.GetProperty("nodeid").GetInt32() >= 0).Select(BrokerReport.Of)]);
    }
}

/// <summary>What it says of one broker.</summary>
internal sealed record BrokerReport(string Name, long RttAvgMicros, long RttP99Micros, long Waiting, long SentBytes, long ReceivedBytes, long Errors)
{
    public static BrokerReport Of(JsonElement broker)
    {
        var rtt = broker.GetProperty("rtt");
        return new(
            broker.GetProperty("nodename").GetString()!, rtt.GetProperty("avg").GetInt64(), rtt.GetProperty("p99").GetInt64(),
            broker.GetProperty("outbuf_cnt").GetInt64() + broker.GetProperty("waitresp_cnt").GetInt64(), broker.GetProperty("txbytes").GetInt64(), broker.GetProperty("rxbytes").GetInt64(),
            broker.GetProperty("txerrs").GetInt64() + broker.GetProperty("rxerrs").GetInt64() + broker.GetProperty("req_timeouts").GetInt64());
    }
}
