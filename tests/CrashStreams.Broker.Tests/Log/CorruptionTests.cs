using System.Diagnostics;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Tests.Core;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>Logs whose files were damaged at random: they open, answer and take appends, without a crash, a hang or growth, and say what they have lost.</summary>
[Collection(AloneCollection.Name)]
public class CorruptionTests
{
    private static readonly LogConfig Config = new() { SegmentBytes = 900, CheckpointBytes = 700, IndexIntervalBytes = 100, Compact = true, MinCleanableDirtyRatio = 0 };

    private static readonly TimeSpan _hang = TimeSpan.FromSeconds(30);

    [Fact]
    public void Damaged_files_do_not_harm_the_broker()
    {
        var rounds = Rounds.OfFuzz;
        Damage(new Random(0));
        var settled = GC.GetTotalMemory(forceFullCollection: true);
        for (var round = 0; round < rounds; round++)
        {
            Fuzzing.Progress("damaged logs", round, rounds);
            var watch = Stopwatch.StartNew();
            Damage(new Random(unchecked(Fuzzing.Seed * 1_000_003 + round)));
            watch.Elapsed.Should().BeLessThan(_hang, "log {0} does not hang", round);
        }

        (GC.GetTotalMemory(forceFullCollection: true) - settled).Should().BeLessThan(32 << 20);
    }

    private static void Damage(Random random)
    {
        var storage = new MemoryStorage();
        var log = PartitionLog.Open(storage, "t", Config);
        Fill(log, random);
        var stored = Readable(log);
        if (random.Next(2) == 0)
            log.Close();
        storage.KillProcess();
        var files = storage.Files("t");
        var damaged = new List<string>();
        for (var i = random.Next(1, 4); i > 0; i--)
            damaged.Add(DamageOne(storage, "t/" + files[random.Next(files.Count)], random));
        if (random.Next(3) == 0)
            storage.CutPower(random);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var losses = new List<LogDamage>();
        log = PartitionLog.Open(storage, "t", Config, losses.Add);
        Verify(log);
        if (stored.Except(Readable(log)).Any())
            losses.Should().NotBeEmpty("records are gone or damaged, and somebody has to say so: {0}", string.Join(", ", damaged));
        Use(log, random);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(8 << 20);
    }

    private static void Verify(PartitionLog log)
    {
        using var verification = log.BeginVerification();
        while (verification?.Step() == true)
        {
        }
        if (verification is not null)
            log.CompleteVerification(verification);
    }

    /// <summary>The batches that a reader gets, by offset and CRC, if the CRC is right.</summary>
    private static HashSet<(long Offset, uint Crc)> Readable(PartitionLog log)
    {
        var batches = new HashSet<(long, uint)>();
        try
        {
            log.VisitBatches(log.LogStartOffset, batch =>
            {
                if (batch.IsCrcValid)
                    batches.Add((batch.BaseOffset, batch.Crc));
                return true;
            });
        }
        catch (IOException)
        {
            // Readers get the same error at a damaged closed segment.
        }
        return batches;
    }

    private static void Fill(PartitionLog log, Random random)
    {
        for (var i = 0; i < 25; i++)
        {
            var header = random.Next(3) switch
            {
                0 => new RecordBatchHeader(),
                1 => Producer(1, 0, i * 2),
                _ => Producer(2, (short)i, 0, transactional: true),
            };
            header.Codec = (CompressionCodec)random.Next(5);
            log.Append(Of(header, $"k{i % 4}={i}", $"k{i % 3}"), AtNow);
            if (i % 5 == 4)
                log.AppendMarker(2, (short)i, random.Next(2) == 0, 0, Now);
        }
        log.Flush();
    }

    private static string DamageOne(MemoryStorage storage, string path, Random random)
    {
        using var file = storage.Open(path, create: false);
        var length = (int)file.Length;
        if (length == 0)
            return $"{path} is empty";
        switch (random.Next(4))
        {
            case 0:
                var left = random.Next(length);
                file.Truncate(left);
                return $"{path} has {left} of {length} bytes";
            case 1:
                var garbage = new byte[random.Next(1, 200)];
                random.NextBytes(garbage);
                file.Write(length, garbage);
                return $"{path} has garbage behind {length} bytes";
            default:
                var positions = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(length)).ToList();
                positions.ForEach(position => file.Write(position, [(byte)random.Next(256)]));
                return $"{path} of {length} bytes has others at {string.Join(", ", positions)}";
        }
    }

    private static void Use(PartitionLog log, Random random)
    {
        log.EndOffset.Should().BeInRange(log.LogStartOffset, 1000);
        for (var offset = log.LogStartOffset; offset <= log.EndOffset; offset++)
        {
            using var slice = log.Read(offset, random.Next(1, 2000), (FetchIsolation)random.Next(2), atLeastOneBatch: true);
            slice.Length.Should().BeLessThan(100_000);
            slice.Error.Should().BeOneOf(ErrorCode.None, ErrorCode.KafkaStorageError);
        }
        log.OffsetForTimestamp(Now);
        log.OffsetOfMaxTimestamp();
        log.Append(Of("k=1"), AtNow).Error.Should().Be(ErrorCode.None);
        try
        {
            using var compaction = log.BeginCompaction(Now);
            while (compaction?.Step() == true)
            {
            }
            if (compaction is not null)
                log.CompleteCompaction(compaction);
        }
        catch (IOException)
        {
            // A damaged segment is not compacted; the log stays as it is.
        }
        log.DeleteRecordsBefore(-1).Should().Be(ErrorCode.None);
        log.Append(Of("k=2"), AtNow).BaseOffset.Should().Be(log.EndOffset - 1);
        log.Close();
    }
}
