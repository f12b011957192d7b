using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Answers that are far larger than a socket's buffers, to a client that reads slowly, from files and from memory.</summary>
public sealed class LargeFetchTests : IDisposable
{
    private const short Version = 12;
    private const int Records = 40;
    private const int ValueBytes = 400_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("large-fetch-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slow_reader_gets_every_batch_whole(bool onDisk)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = onDisk ? _directory : null });
        await Fill(broker);
        using var socket = Connect(broker);
        await RequestAll(socket);

        var answer = await ReadAnswer(socket, () => Task.CompletedTask);

        foreach (var partition in answer.Responses.Single().Partitions)
            Values(partition).Should().Equal(Enumerable.Range(0, Records).Select(i => (byte)(i + partition.PartitionIndex)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_on_its_way_outlives_its_topic(bool onDisk)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = onDisk ? _directory : null });
        await Fill(broker);
        using var socket = Connect(broker);
        await RequestAll(socket);

        var answer = await ReadAnswer(socket, async () =>
        {
            using var admin = Client.Admin(broker);
            await admin.DeleteTopicsAsync(["t"]);
        });

        answer.Responses.Single().Partitions.Should().OnlyContain(partition => Values(partition).Count == Records);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_an_answer_leaves_no_file_open()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _directory });
        await Fill(broker);
        using (var socket = Connect(broker))
        {
            await RequestAll(socket);
            await socket.GetStream().ReadExactlyAsync(new byte[100_000]);
        }
        using (var admin = Client.Admin(broker))
            await admin.DeleteTopicsAsync(["t"]);

        await broker.WaitUntilAsync(_ => Task.FromResult(!OpenFiles.Below(_directory).Any(path => path.Contains(".log", StringComparison.Ordinal) && path.EndsWith("(deleted)", StringComparison.Ordinal))));
    }

    private static async Task Fill(EmbeddedBroker broker)
    {
        await broker.CreateTopicAsync("t", 2);
        for (var i = 0; i < Records; i++)
            for (var partition = 0; partition < 2; partition++)
            {
                var value = new byte[ValueBytes];
                Array.Fill(value, (byte)(i + partition));
                await broker.AppendAsync("t", partition, (null, value));
            }
    }

    private static TcpClient Connect(EmbeddedBroker broker)
    {
        var client = new TcpClient { ReceiveBufferSize = 64 * 1024 };
        client.Connect("127.0.0.1", broker.Port);
        return client;
    }

    private static async Task RequestAll(TcpClient client)
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt32(0);
        new RequestHeader(SupportedApis.Of(ApiKey.Fetch), Version, 1, "slow").Write(ref writer);
        new FetchRequest
        {
            MaxWaitMs = 0,
            SessionEpoch = 0, // without a session answers are small
            Topics = [new() { Topic = "t", Partitions = [.. Enumerable.Range(0, 2).Select(index => new FetchRequest.FetchPartition { Partition = index, PartitionMaxBytes = int.MaxValue })] }],
        }.Write(ref writer, Version);
        var frame = buffer.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        await client.GetStream().WriteAsync(frame);
    }

    private static async Task<FetchResponse> ReadAnswer(TcpClient client, Func<Task> inTheMiddle)
    {
        var prefix = new byte[sizeof(int)];
        await client.GetStream().ReadExactlyAsync(prefix);
        var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        var random = new Random(1);
        for (var (read, isBeforeMiddle) = (0, true); read < answer.Length;)
        {
            if (isBeforeMiddle && read >= answer.Length / 2)
            {
                isBeforeMiddle = false;
                await inTheMiddle();
            }
            var piece = Math.Min(random.Next(1, 200_000), answer.Length - read);
            await client.GetStream().ReadExactlyAsync(answer, read, piece);
            read += piece;
        }
        return Decode(answer);
    }

    private static FetchResponse Decode(byte[] answer)
    {
        var reader = new WireReader(answer);
        ResponseHeader.Read(ref reader, SupportedApis.Of(ApiKey.Fetch), Version);
        return FetchResponse.Read(ref reader, Version);
    }

    /// <summary>The first byte of each record's value; every batch's checksum has to fit.</summary>
    private static List<byte> Values(FetchResponse.PartitionData partition)
    {
        var values = new List<byte>();
        var left = partition.Records.Memory.Span;
        for (; RecordBatchView.TryRead(left, out var batch) == BatchRead.Whole; left = left[batch.Bytes.Length..])
        {
            batch.IsCrcValid.Should().BeTrue();
            foreach (var record in batch.Records)
                values.Add(record.Value[0]);
        }
        left.Length.Should().Be(0);
        return values;
    }
}
