using CrashStreams.RocksDb;
using CrashStreams.Testing;

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
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", State = storage, StateCacheBytes = cacheBytes, OnRestore = _restores.Add });
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

    public void Dispose() => Directory.Delete(_directory, recursive: true);

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
