using System.Buffers;
using System.Diagnostics;
using CrashStreams.RocksDb.Native;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb.Tests;

/// <summary>Damaged files and full disks are told as what they are.</summary>
public sealed class DamageTests : StateDirectory
{
    [Theory]
    [InlineData("*.sst")]
    [InlineData("MANIFEST-*")]
    [InlineData("CURRENT")]
    public void A_missing_file_is_corruption_when_the_store_is_opened(string files)
    {
        Fill();
        foreach (var file in Directory.GetFiles(StorePath, files))
            File.Delete(file);

        this.Invoking(d => d.Open()).Should().Throw<StateCorruptedException>().WithMessage($"*{StorePath}*");

        RebuildAndExpectSound();
    }

    [Fact]
    public void A_damaged_manifest_is_corruption_when_the_store_is_opened()
    {
        Fill();
        Damage(Directory.GetFiles(StorePath, "MANIFEST-*").Single(), at: 20);

        this.Invoking(d => d.Open()).Should().Throw<StateCorruptedException>();

        RebuildAndExpectSound();
    }

    [Fact]
    public void A_damaged_block_is_corruption_at_the_read_that_meets_it()
    {
        Fill();
        var tables = Directory.GetFiles(StorePath, "*.sst");
        Damage(tables.MaxBy(f => new FileInfo(f).Length)!, at: 1000);

        using (var engine = Open())
        {
            engine.Position.Should().Be(1);
            engine.Invoking(e => e.TryGet(Key(0), new ArrayBufferWriter<byte>())).Should().Throw<StateCorruptedException>();
            engine.Invoking(e => Scan(e)).Should().Throw<StateCorruptedException>();
        }

        RebuildAndExpectSound();
    }

    [Fact]
    public void Entries_without_a_position_are_corruption()
    {
        State.TryLock(Application, Task);
        WriteEntriesOnly(Directory.CreateDirectory(StorePath).FullName);

        this.Invoking(d => d.Open()).Should().Throw<StateCorruptedException>().WithMessage("*no position*");
    }

    [Fact]
    public void A_full_disk_is_told_and_loses_nothing()
    {
        var mount = Directory.CreateDirectory(Path.Combine(Root, "mount")).FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mount), "mounting a small file system needs root");
        try
        {
            FillDiskAndRecover(mount);
        }
        finally
        {
            Run("umount", mount).Should().BeTrue();
        }
    }

    private static unsafe void WriteEntriesOnly(string path)
    {
        using var db = DatabaseOptions.Open(path);
        var batch = new StoreBatch();
        batch.Put(Key(1), "value"u8);
        var options = Rocks.rocksdb_writeoptions_create();
        Rocks.rocksdb_writeoptions_disable_WAL(options, 0);
        fixed (byte* bytes = batch.Representation)
        {
            var native = Rocks.rocksdb_writebatch_create_from(bytes, (nuint)batch.Representation.Length);
            Rocks.rocksdb_write(db, options, native, out var error);
            Rocks.rocksdb_writebatch_destroy(native);
            RocksError.ThrowIfAny(error, "Writing to", path);
        }
    }

    private static void FillDiskAndRecover(string mount)
    {
        using var state = new RocksDbState(new() { Directory = mount, MemoryBudgetBytes = 16 << 20 });
        state.TryLock(Application, Task);
        var engine = state.Open(Application, Task, Store);
        RocksDbEngineTests.Write(engine, 0, b => b.Put(Key(-1), "before"u8));
        engine.Flush();
        var ballast = Path.Combine(mount, "ballast");
        File.WriteAllBytes(ballast, new byte[12 << 20]);

        var written = 0L;
        Action fill = () =>
        {
            for (; ; written++)
                RocksDbEngineTests.Write(engine, written + 1, b => PutNoise(b, (int)written));
        };
        fill.Should().Throw<CrashStreamsException>().WithMessage("*disk is full*").Which.Should().NotBeOfType<StateCorruptedException>();
        engine.Position.Should().Be(written);
        ExpectWhole(engine);

        engine.Dispose();
        File.Delete(ballast);
        using var reopened = state.Open(Application, Task, Store);
        reopened.Position.Should().BeInRange(0, written);
        ExpectWhole(reopened);
        RocksDbEngineTests.Write(reopened, written + 1, b => b.Put(Key(-2), "after"u8));
        reopened.Flush();
    }

    // The first key, and a hundred for each batch after the first.
    private static void ExpectWhole(IStateEngine engine)
    {
        using var scan = engine.Scan([], []);
        var count = 0L;
        while (scan.MoveNext())
            count++;
        count.Should().Be((engine.Position * 100) + 1);
    }

    private static void PutNoise(IStateBatch batch, int number)
    {
        var noise = new byte[400];
        var random = new Random(number);
        for (var i = 0; i < 100; i++)
        {
            random.NextBytes(noise);
            batch.Put(Key((number * 100) + i), noise);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Scan(IStateEngine engine)
    {
        using var all = engine.Scan([], []);
        while (all.MoveNext())
            all.Value.Length.Should().Be(100);
    }

    private static byte[] Key(int number) => System.Text.Encoding.UTF8.GetBytes($"key {number:000000}");

    private static void Damage(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes.AsSpan(at, 16).Fill(0xa5);
        File.WriteAllBytes(file, bytes);
    }

    private void Fill()
    {
        var value = new byte[100];
        using var engine = Open();
        RocksDbEngineTests.Write(engine, 1, b =>
        {
            for (var i = 0; i < 1000; i++)
            {
                new Random(i).NextBytes(value);
                b.Put(Key(i), value);
            }
        });
        engine.Flush();
    }

    private void RebuildAndExpectSound()
    {
        State.Delete(Application, Task, Store);
        Fill();
        using var engine = Open();
        engine.Position.Should().Be(1);
        Scan(engine);
    }
}
