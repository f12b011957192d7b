namespace CrashStreams.RocksDb.Tests;

/// <summary>What is particular to loads that go into files.</summary>
public sealed class BulkLoadTests() : StateDirectory(loadRunBytes: 4096)
{
    private string File => Path.Combine(StorePath, "restoring.run");

    [Fact]
    public void A_file_that_can_not_be_written_fails_the_load_for_good_and_leaves_an_earlier_position()
    {
        var engine = Open();
        engine.BeginRestore();
        Load(engine, 0, 200);
        Directory.CreateDirectory(File);
        var goOn = () => Load(engine, 200, 1000);

        goOn.Should().Throw<CrashStreamsException>().WithMessage("Restoring the store*");
        goOn.Should().Throw<CrashStreamsException>("no run may come behind one that is missing");
        engine.Invoking(e => e.EndRestore()).Should().Throw<CrashStreamsException>();

        Directory.Delete(File);
        engine.Dispose();
        ExpectAnEarlierPosition(1000);
    }

    [Fact]
    public void What_a_crash_leaves_of_a_file_is_removed()
    {
        Open().Dispose();
        System.IO.File.WriteAllText(File, "half of it");

        Open().Dispose();

        System.IO.File.Exists(File).Should().BeFalse();
    }

    [Fact]
    public void Where_files_keep_their_position_is_not_to_be_seen()
    {
        using (var engine = Open())
        {
            engine.BeginRestore();
            Load(engine, 0, 1000);
            engine.EndRestore();
            RocksDbEngineTests.Content(engine).Should().HaveCount(1000);
            engine.BeginRestore();
            Load(engine, 1000, 1500);
        }

        Restart();
        ExpectAnEarlierPosition(1500);
        ExpectAnEarlierPosition(1500);
    }

    [Fact]
    public void Batches_between_two_loads_are_before_the_second_one()
    {
        using (var engine = Open())
        {
            engine.BeginRestore();
            Load(engine, 0, 500);
            engine.EndRestore();
            RocksDbEngineTests.Write(engine, 500, batch => batch.Put(Key(7), "between"u8));
            engine.BeginRestore();
            Load(engine, 500, 900);
            engine.EndRestore();
        }

        Restart();
        using var reopened = Open();
        reopened.Position.Should().BeGreaterThanOrEqualTo(500, "a file is on disk with all that was before it");
        RocksDbEngineTests.Value(reopened, Key(7)).Should().Equal("between"u8.ToArray());
    }

    [Fact]
    public void A_load_ends_aside_and_then_all_of_it_is_there()
    {
        using (var engine = Open())
        {
            engine.BeginRestore();
            Load(engine, 0, 1000);
            SpinWait.SpinUntil(engine.TryEndRestore, TimeSpan.FromMinutes(5)).Should().BeTrue();

            RocksDbEngineTests.Content(engine).Should().HaveCount(1000);
            RocksDbEngineTests.Write(engine, 1001, batch => batch.Put(Key(1000), "written behind it"u8));
            engine.Flush();
        }

        Restart();
        using var reopened = Open();
        reopened.Position.Should().Be(1001);
        RocksDbEngineTests.Content(reopened).Should().HaveCount(1001);
    }

    [Fact]
    public void A_load_that_fails_while_it_ends_says_so()
    {
        using var engine = Open();
        engine.BeginRestore();
        Load(engine, 0, 200);
        Directory.CreateDirectory(File);

        var ending = () => SpinWait.SpinUntil(engine.TryEndRestore, TimeSpan.FromMinutes(5));

        ending.Should().Throw<CrashStreamsException>().WithMessage("Restoring the store*");
        Directory.Delete(File);
    }

    // One entry per batch: the position is the number of entries.
    private static void Load(RocksDbEngine engine, int from, int to)
    {
        for (var i = from; i < to; i++)
            RocksDbEngineTests.Write(engine, i + 1, batch => batch.Put(Key(i), "a value that takes some room"u8));
    }

    private static byte[] Key(int number) => System.Text.Encoding.UTF8.GetBytes($"key {number * 7919 % 10_000:00000}");

    private void ExpectAnEarlierPosition(int latest)
    {
        using var engine = Open();
        engine.Position.Should().BeInRange(-1, latest);
        RocksDbEngineTests.Content(engine).Should().HaveCount((int)Math.Max(0, engine.Position));
    }
}
