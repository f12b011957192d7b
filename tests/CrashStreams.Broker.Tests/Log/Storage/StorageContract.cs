using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log.Storage;

/// <summary>What every storage does.</summary>
public abstract class StorageContract
{
    private protected abstract IStorage Storage { get; }

    [Fact]
    public void A_file_holds_what_was_written_where_it_was_written()
    {
        using var file = Storage.Open("f", create: true);
        file.Write(0, "hello"u8);
        file.Write(5, new byte[600_000]);
        file.Write(600_005, "world"u8);
        file.Write(1, "E"u8);
        file.Flush();
        file.Length.Should().Be(600_010);

        var read = new byte[20];
        file.Read(600_000, read).Should().Be(10);
        read[5..10].Should().Equal("world"u8.ToArray());
        file.Read(0, read.AsSpan(0, 5)).Should().Be(5);
        read[..5].Should().Equal("hEllo"u8.ToArray());
        file.Truncate(3);
        file.Read(0, read).Should().Be(3);
        file.Read(10, read).Should().Be(0);
    }

    [Fact]
    public void Names_are_listed_replaced_and_deleted()
    {
        Storage.CreateDirectory("d/e");
        Storage.Open("d/a", create: true).Dispose();
        using (var file = Storage.Open("d/b", create: true))
            file.Write(0, "b"u8);
        Storage.Files("d").Should().BeEquivalentTo("a", "b");
        Storage.Directories("d").Should().Equal("e");
        Storage.Directories("").Should().Equal("d");

        Storage.Replace("d/b", "d/a");
        Storage.Exists("d/b").Should().BeFalse();
        using (var file = Storage.Open("d/a", create: false))
            file.Length.Should().Be(1);
        Storage.Delete("d/a");
        Storage.Delete("d/a");
        Storage.Files("d").Should().BeEmpty();
        Storage.Files("nowhere").Should().BeEmpty();
    }

    [Fact]
    public void A_missing_file_is_not_opened() =>
        FluentActions.Invoking(() => Storage.Open("missing", create: false)).Should().Throw<FileNotFoundException>();

    [Fact]
    public void A_directory_is_deleted_only_when_it_is_empty()
    {
        Storage.CreateDirectory("d");
        Storage.Open("d/a", create: true).Dispose();
        Storage.CreateDirectory("d/inner");
        Storage.Open("d/inner/b", create: true).Dispose();
        Storage.CreateDirectory("dd");
        Storage.Files("d").Should().Equal("a");
        Storage.Directories("d").Should().Equal("inner");
        Storage.TryDeleteDirectory("d").Should().BeFalse("files are in it");
        Storage.Delete("d/a");
        Storage.TryDeleteDirectory("d").Should().BeFalse("a directory is in it");
        Storage.Exists("d/inner/b").Should().BeTrue();
        Storage.Delete("d/inner/b");
        Storage.TryDeleteDirectory("d/inner").Should().BeTrue();
        Storage.TryDeleteDirectory("d").Should().BeTrue();
        Storage.TryDeleteDirectory("d").Should().BeTrue("there is none");
        Storage.Directories("").Should().Equal("dd");
    }

    [Fact]
    public void A_directory_is_moved_with_its_files()
    {
        Storage.CreateDirectory("from/d");
        Storage.CreateDirectory("to");
        Storage.Open("from/d/a", create: true).Dispose();
        Storage.MoveDirectory("from/d", "to/e");
        Storage.Directories("from").Should().BeEmpty();
        Storage.Files("to/e").Should().Equal("a");
    }

    [Fact]
    public void An_open_file_is_readable_after_it_was_deleted()
    {
        using var file = Storage.Open("f", create: true);
        file.Write(0, "x"u8);
        Storage.Delete("f");
        file.Read(0, new byte[1]).Should().Be(1);
    }

    [Fact]
    public void A_log_is_kept_through_restarts_rolls_and_compaction()
    {
        var config = new LogConfig { SegmentBytes = 300, Compact = true, MinCleanableDirtyRatio = 0 };
        var log = PartitionLog.Open(Storage, "t", config);
        for (var i = 0; i < 30; i++)
            log.Append(Of($"k{i % 3}={i}"), AtNow);
        log.Abandon();
        log = PartitionLog.Open(Storage, "t", config);
        Consume(log).Should().HaveCount(30);
        log.Roll();
        using (var compaction = log.BeginCompaction(Now)!)
        {
            while (compaction.Step())
            {
            }
            log.CompleteCompaction(compaction);
        }
        Consume(log).Should().Equal("27:k0=27", "28:k1=28", "29:k2=29");
        log.Close(flush: true);
        log = PartitionLog.Open(Storage, "t", config);
        Consume(log).Should().Equal("27:k0=27", "28:k1=28", "29:k2=29");
        log.Append(Of("n=1"), AtNow).BaseOffset.Should().Be(30);
        log.Abandon();
        LogDirectory.TryDelete(Storage, log.Directory).Should().BeTrue();
        Storage.Directories("").Should().BeEmpty();
    }
}

public sealed class MemoryStorageTests : StorageContract
{
    private protected override IStorage Storage { get; } = new MemoryStorage();
}

public sealed class FileStorageTests : StorageContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("log").FullName;
    private IStorage? _storage;

    private protected override IStorage Storage => _storage ??= new FileStorage(_directory);

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
