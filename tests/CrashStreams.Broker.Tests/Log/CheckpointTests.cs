using System.Buffers.Binary;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public class CheckpointTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_checkpoint_that_cannot_be_parsed_counts_as_absent(int eraLength)
    {
        var storage = new MemoryStorage();
        var log = PartitionLog.Open(storage, "t", new LogConfig());
        log.Append(Of("k=1"), AtNow);
        log.Close();
        foreach (var name in new[] { Checkpoint.Latest, Checkpoint.Flushed })
            Write(storage, "t/" + name, eraLength);

        Consume(PartitionLog.Open(storage, "t", new LogConfig())).Should().Equal("0:k=1");
    }

    /// <summary>A file whose version and checksum are right, but nothing else.</summary>
    private static void Write(MemoryStorage storage, string path, int eraLength)
    {
        var content = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(content, 1);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(8), eraLength);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(4), Crc32C.Compute(content.AsSpan(8)));
        using var file = storage.Open(path, create: true);
        file.Truncate(0);
        file.Write(0, content);
    }
}
