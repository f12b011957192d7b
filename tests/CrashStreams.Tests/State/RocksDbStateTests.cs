using CrashStreams.Operators;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>The runtime over RocksDB: an application that ends and begins again on the same folder.</summary>
public sealed class RocksDbStateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
    private readonly List<RestoreProgress> _restores = [];

    [Theory]
    [InlineData(false, 64_000_000)]
    [InlineData(true, 64_000_000)]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    public void Counts_and_windows_survive_and_only_the_tail_is_restored(bool isCrash, long cacheBytes)
    {
        using var storage = new RocksDbState(new() { Directory = _directory });
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", State = { Storage = storage, CacheBytes = cacheBytes, OnRestore = _restores.Add } });
        var input = driver.Input<string, string>("in");
        for (var round = 1; round <= 3; round++)
        {
            for (var i = 0; i < 100; i++)
                input.Pipe($"user {i}", "v", (round * 1_000) + i);
            driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
            driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
            if (!isCrash)
                driver.Restart();
        }

        input.Pipe("user 7", "v", 4_000);
        _restores.Clear();
        driver.Restart(isCrash);

        driver.KeyValueStore<string, long>("totals").All().Should().HaveCount(100).And.OnlyContain(e => e.Value == (e.Key == "user 7" ? 4 : 3));
        driver.WindowStore<string, long>("counts").All().Should().HaveCount(100).And.OnlyContain(e => e.Value.Value == (e.Key.Key == "user 7" ? 4 : 3));
        // Closing without a flush may lose what RocksDB had in memory: then the changelog gives it all back.
        if (!isCrash)
            _restores.Should().BeEmpty();
    }

    [Fact]
    public void Damage_that_is_met_in_the_middle_of_an_iteration_is_repaired_by_the_next_start()
    {
        using var storage = new RocksDbState(new() { Directory = _directory });
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", State = { Storage = storage, CacheBytes = 0 } });
        for (var i = 0; i < 2_000; i++)
            driver.Append("in", TestInput.Bytes($"user {i}"), TestInput.Bytes("v"), i);
        driver.Settle();
        driver.Restart();
        driver.Thread.Stop();
        driver.Thread.Dispose();
        Damage(Directory.GetFiles(_directory, "*.sst", SearchOption.AllDirectories).Where(f => f.Contains("totals", StringComparison.Ordinal)).MaxBy(f => new FileInfo(f).Length)!);

        driver.Restart(isCrash: true);
        driver.Invoking(d => d.KeyValueStore<string, long>("totals").All().Count()).Should().Throw<StateCorruptedException>();
        driver.Restart(isCrash: true);

        driver.KeyValueStore<string, long>("totals").All().Should().HaveCount(2_000).And.OnlyContain(e => e.Value == 1);
    }

    [Fact]
    public void A_hundred_rebalances_leave_no_file_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var storage = new RocksDbState(new() { Directory = _directory });
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", State = { Storage = storage } });
        driver.Input<string, string>("in").Pipe("ann", "v", 1);
        driver.Restart();
        var before = OpenFiles();
        before.Should().BePositive();
        for (var i = 0; i < 100; i++)
            driver.Restart(isCrash: i % 2 == 1);
        OpenFiles().Should().Be(before);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private int OpenFiles() =>
        new DirectoryInfo("/proc/self/fd").EnumerateFiles().Count(f => f.LinkTarget?.StartsWith(_directory, StringComparison.Ordinal) == true);

    // A byte in one of the first blocks of data; those are read only when an iteration comes to them.
    private static void Damage(string file)
    {
        using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = 1_000;
        var old = stream.ReadByte();
        stream.Position = 1_000;
        stream.WriteByte((byte)~old);
    }

    private static Topology Build()
    {
        var builder = new StreamsBuilder();
        var users = builder.Stream<string, string>("in").GroupByKey();
        users.Count("totals").ToStream().To("totals-out");
        users.WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)))
            .Count("counts").ToStream().To("counts-out", new() { KeySerde = Serdes.TimeWindowed(Serdes.String, TimeSpan.FromSeconds(10)) });
        return builder.Build();
    }
}
