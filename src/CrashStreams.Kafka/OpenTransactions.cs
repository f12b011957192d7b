using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;
using TopicPartition = CrashStreams.Log.TopicPartition;

namespace CrashStreams.Kafka;

/// <summary>
/// Asks brokers which producers have transactions open in their partitions (DescribeProducers, KIP-664). librdkafka has no such call, so the request is sent by hand, over a plain
/// connection of its own; clusters that want TLS or SASL are not asked.
/// </summary>
internal static class OpenTransactions
{
    private const string OffsetsTopic = "__consumer_offsets";
    private const int MaxAnswerBytes = 16 << 20;

    /// <summary>The topic whose partitions hold the groups' offsets, open transactions' offsets among them.</summary>
    public static string Offsets => OffsetsTopic;

    /// <summary>Whether brokers take a plain connection from a client with these properties.</summary>
    public static bool CanAsk(IReadOnlyDictionary<string, string> properties) =>
        !properties.TryGetValue("security.protocol", out var protocol) || string.Equals(protocol, "plaintext", StringComparison.OrdinalIgnoreCase);

    /// <summary>The partition of <see cref="Offsets"/> that holds a group: Java's hash of its name.</summary>
    public static int PartitionOf(string group, int partitions)
    {
        var hash = 0;
        foreach (var c in group)
            hash = unchecked((31 * hash) + c);
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % partitions;
    }

    /// <summary>Asks one broker about the partitions that it leads.</summary>
    public static async Task<List<OpenTransaction>> AskAsync(string host, int port, IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
        var stream = client.GetStream();
        await stream.WriteAsync(Request(partitions), cancellation).ConfigureAwait(false);
        var size = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(size, cancellation).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadInt32BigEndian(size);
        if (length is < 0 or > MaxAnswerBytes)
            throw new ProtocolException($"An answer of {length} bytes.");
        var answer = new byte[length];
        await stream.ReadExactlyAsync(answer, cancellation).ConfigureAwait(false);
        return Read(answer);
    }

    private static ApiVersionRange Api => SupportedApis.Find((short)ApiKey.DescribeProducers)!.Value;

    private static byte[] Request(IReadOnlyCollection<TopicPartition> partitions)
    {
        var request = new DescribeProducersRequest
        {
            Topics = [.. partitions.GroupBy(static p => p.Topic).Select(static t => new DescribeProducersRequest.TopicRequest { Name = t.Key, PartitionIndexes = [.. t.Select(static p => p.Partition)] })],
        };
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt32(0);
        new RequestHeader(Api, 0, 1, "crashstreams").Write(ref writer);
        request.Write(ref writer, 0);
        var bytes = buffer.Written.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - sizeof(int));
        return bytes;
    }

    private static List<OpenTransaction> Read(byte[] answer)
    {
        var reader = new WireReader(answer);
        ResponseHeader.Read(ref reader, Api, 0);
        var response = DescribeProducersResponse.Read(ref reader, 0);
        return (from topic in response.Topics
                from partition in topic.Partitions
                from producer in partition.ActiveProducers
                where producer.CurrentTxnStartOffset >= 0
                select new OpenTransaction(
                    new(topic.Name, partition.PartitionIndex), producer.ProducerId, producer.ProducerEpoch, DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(0, producer.LastTimestamp)),
                    producer.CurrentTxnStartOffset)).ToList();
    }
}
