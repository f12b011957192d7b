using System.Text;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Counts per key in 10 s windows with 30 s of grace behind a repartition, on three partitions, with the Watermarks clock.</summary>
internal sealed class WindowCounts : IDisposable
{
    public const string Late = "late";
    private readonly TopologyTestDriver _driver;

    public WindowCounts(StreamsOptions? options = null, int partitions = 3, Action<StreamsBuilder>? build = null)
    {
        var builder = new StreamsBuilder();
        (build ?? Build)(builder);
        _driver = new(
            builder.Build(), options ?? new StreamsOptions { ApplicationId = "app" }, DateTimeOffset.UnixEpoch, new Dictionary<string, int> { ["in"] = partitions });
    }

    public TopologyTestDriver Driver => _driver;

    public IReadOnlyDictionary<string, long> Dropped => _driver.Dropped;

    public static void Build(StreamsBuilder builder) => builder.Stream<string, string>("in")
        .GroupBy((_, user) => user, new() { Name = "by-user" })
        .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)))
        .Count("counts")
        .Suppress(Suppressed.UntilWindowCloses(), "final")
        .ToStream()
        .Map((window, count) => (window.Key, $"{window.Window.StartMs / 1000}s={count}"))
        .To("out");

    /// <summary>A record of a user in a partition, seconds since the epoch, processed to its end.</summary>
    public WindowCounts Pipe(int partition, string user, double seconds)
    {
        Append(partition, user, seconds);
        _driver.Settle();
        return this;
    }

    /// <summary>A record that waits.</summary>
    public void Append(int partition, string user, double seconds) =>
        _driver.Append("in", null, Encoding.UTF8.GetBytes(user), (long)(seconds * 1000), partition: partition);

    public WindowCounts Wait(double seconds)
    {
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(seconds));
        return this;
    }

    /// <summary>New results, as "user start=count".</summary>
    public List<string> Results() => _driver.Output<string, string>("out").Read().Select(r => $"{r.Key} {r.Value}").ToList();

    public void Dispose() => _driver.Dispose();
}
