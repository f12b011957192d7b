using System.Text;
using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>A late record says where it was read from a source topic, however many shuffles it went through since.</summary>
public class LateSourceTests
{
    private const string ReadAtHeader = "cs-read-at";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_late_record_names_its_place_in_the_source_topic(int shuffles)
    {
        var told = new List<LateRecord>();
        using var driver = Counting(shuffles, new() { ApplicationId = "app", Time = { LateTopic = "late", OnLate = told.Add } });
        Pipe(driver, "x", 5, partition: 1);
        Pipe(driver, "x", 45, partition: 1);
        Pipe(driver, "ann", 3, partition: 1);
        told.Should().ContainSingle().Which.Source.Should().Be(new SourcePosition("in", 1, 2));
        var headers = driver.Read("late").Should().ContainSingle().Which.Headers!;
        Text(headers, "cs-source-topic").Should().Be("in");
        Text(headers, "cs-source-partition").Should().Be("1");
        Text(headers, "cs-source-offset").Should().Be("2");
        Text(headers, "trace").Should().Be("ann", "a user's headers go along");
        headers.Should().NotContain(h => h.Key == ReadAtHeader);
    }

    [Fact]
    public void A_late_result_of_an_earlier_window_comes_from_no_source_topic()
    {
        var told = new List<LateRecord>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupBy((_, user) => user, new() { Name = "by-user" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose).Count("tens").ToStream()
            .GroupBy((_, _) => "all", new() { Name = "all" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(0))).Count("sums");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { OnLate = told.Add } });
        Pipe(driver, "ann", 3);
        Pipe(driver, "x", 45);
        told.Should().ContainSingle().Which.Source.Should().BeNull();
    }

    [Fact]
    public void A_record_in_order_takes_nothing_along()
    {
        using var driver = Counting(1, new() { ApplicationId = "app", Delivery = { Shuffle = ShuffleFormat.Plain } });
        driver.Pipe("in", null, "ann"u8.ToArray(), 3000, partition: 1);
        driver.Pipe("in", null, "ann"u8.ToArray(), 4000, partition: 1);
        driver.Read("app-shuffle-0-repartition").Where(r => r.Value is not null).Should().HaveCount(2).And.OnlyContain(r => r.Headers == null);
    }

    [Fact]
    public void What_tasks_tell_each_other_means_nothing_in_a_source_topic()
    {
        using var driver = Counting(1, new() { ApplicationId = "app", Time = { LateTopic = "late" } });
        // A time of 0 and a marker of the end of time.
        var copied = new Headers().Add(ReadAtHeader, new byte[8]).Add("cs-watermark", Convert.FromHexString("0100000000" + "7fffffffffffffff" + "01")).Add("trace", "kept");
        driver.Pipe("in", null, "ann"u8.ToArray(), 3000, copied, 1);
        driver.Pipe("in", null, "ann"u8.ToArray(), 4000, copied, 1);
        for (var partition = 0; partition < 3; partition++)
            driver.Pipe("in", null, "end"u8.ToArray(), 60_000, partition: partition);
        driver.Output<string, long>("out").Read().Where(r => r.Key == "ann").Select(r => r.Value).Should().Equal(2);
        driver.Pipe("in", null, "ann"u8.ToArray(), 5000, new Headers().Add(ReadAtHeader, new byte[8]), 1);
        driver.Read("late").Should().ContainSingle("the carried time is not believed");
    }

    private static TopologyTestDriver Counting(int shuffles, StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        for (var i = 0; i < shuffles; i++)
            stream = stream.SelectKey((_, user) => user).Repartition(new() { Name = $"shuffle-{i}" });
        stream.GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose)
            .Count("counts").ToStream().SelectKey((key, _) => key.Key).To("out");
        return new(builder.Build(), options, DateTimeOffset.UnixEpoch, new Dictionary<string, int> { ["in"] = 3 });
    }

    private static void Pipe(TopologyTestDriver driver, string user, int second, int partition = 0) =>
        driver.Pipe("in", Encoding.UTF8.GetBytes(user), Encoding.UTF8.GetBytes(user), second * 1000, new Headers().Add("trace", user), partition);

    private static string Text(Headers headers, string key) => Encoding.UTF8.GetString(headers.Last(key)!);
}
