using CrashStreams.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.Time;

/// <summary>Three ways to one final result per window.</summary>
public class FinalResultsTests
{
    [Fact]
    public void Emission_on_close_and_suppression_fused_or_buffered_give_the_same()
    {
        var record = from user in Gen.Elements("ann", "bob", "eve") from jitter in Gen.Choose(-60, 5) select (User: user, Jitter: jitter);
        Prop.ForAll(record.ListOf(50).ToArbitrary(), records =>
        {
            var onClose = Run(records, counts => counts.Emit(EmitStrategy.OnWindowClose).Count("counts"));
            onClose.Should().NotBeEmpty();
            Run(records, counts => counts.Count("counts").Suppress(Suppressed.UntilWindowCloses(), "fused")).Should().Equal(onClose);
            Run(records, counts => counts.Count("counts").Filter((_, _) => true).Suppress(Suppressed.UntilWindowCloses(), "buffered")).Should().Equal(onClose);
            Run(records, counts => counts.Count("counts").Suppress(Suppressed.UntilWindowCloses(maxRecords: 1000), "bounded")).Should().Equal(onClose);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public void A_filter_in_front_of_the_suppression_gives_what_one_behind_it_gives()
    {
        var record = from user in Gen.Elements("ann", "bob") from jitter in Gen.Choose(-60, 5) select (User: user, Jitter: jitter);
        Prop.ForAll(record.ListOf(50).ToArbitrary(), records =>
        {
            var behind = Run(records, counts => counts.Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final").Filter((_, count) => count > 2));
            Run(records, counts => counts.Count("counts").Filter((_, count) => count > 2).Suppress(Suppressed.UntilWindowCloses(), "final")).Should().Equal(behind);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public void A_fused_suppression_has_no_buffer_and_no_changelog_and_a_buffered_one_has_both()
    {
        Topics(counts => counts.Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final")).Should().NotContain("app-final-store-changelog");
        Topics(counts => counts.Count("counts").Filter((_, _) => true).Suppress(Suppressed.UntilWindowCloses(), "final")).Should().Contain("app-final-store-changelog");
    }

    [Fact]
    public void Windows_that_wait_in_a_buffer_survive_a_restart()
    {
        using var driver = Driver(counts => counts.Count("counts").Filter((_, _) => true).Suppress(Suppressed.UntilWindowCloses(), "final"));
        driver.Input<string, string>("in").Pipe("ann", "v", 1000);
        driver.Restart();
        driver.Input<string, string>("in").Pipe("x", "v", 40_000);
        driver.Output<string, string>("out").Read().Select(r => (r.Key, r.Value)).Should().Equal(("ann", "0s=1"));
    }

    [Fact]
    public void Closing_a_window_takes_up_what_it_emits_and_nothing_else_that_is_stored()
    {
        const int emitted = 10;
        var keys = new CountedKeys();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)))
            .Count(new Materialized<string, long> { Name = "counts", KeySerde = keys, Logged = false })
            .Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().Map((key, count) => (key.Key, count)).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        for (var i = 0; i < emitted; i++)
            driver.Append("in", Key(i), [], 0);
        for (var i = 0; i < 20_000; i++)
            driver.Append("in", Key(i), [], 10_000 + (i * 100));
        driver.Settle();
        keys.Written.Should().Be(0, "nothing has closed");
        driver.Input<string, string>("in").Pipe("clock", "v", 3_610_000);
        driver.Read("out").Should().HaveCount(emitted);
        keys.Written.Should().Be(emitted);

        static byte[] Key(int i) => System.Text.Encoding.UTF8.GetBytes($"{i}");
    }

    // Keys are written when results are put into their order.
    private sealed class CountedKeys : Serde<string>
    {
        public int Written { get; private set; }

        protected internal override bool EqualityIsThatOfBytes => true;

        public override string Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);

        public override void Serialize(string value, System.Buffers.IBufferWriter<byte> output)
        {
            Written++;
            Serdes.String.Serialize(value, output);
        }
    }

    [Fact]
    public void A_full_buffer_stops_the_application_and_says_what_to_do()
    {
        using var driver = Driver(counts => counts.Count("counts").Suppress(Suppressed.UntilWindowCloses(maxRecords: 1), "final"));
        driver.Input<string, string>("in").Pipe("ann", "v", 0);
        driver.Invoking(d => d.Input<string, string>("in").Pipe("bob", "v", 0)).Should().Throw<CrashStreamsException>().WithMessage("final*[2/1]*Raise the limit*");
    }

    private static IReadOnlyCollection<string> Topics(Func<TimeWindowedKStream<string, string>, KTable<Windowed<string>, long>> build)
    {
        using var driver = Driver(build);
        return driver.Topics.ToList();
    }

    private static List<string> Run(IList<(string User, int Jitter)> records, Func<TimeWindowedKStream<string, string>, KTable<Windowed<string>, long>> build)
    {
        using var driver = Driver(build);
        var input = driver.Input<string, string>("in");
        for (var i = 0; i < records.Count; i++)
            input.Pipe(records[i].User, "v", Math.Max(0, (i * 3) + records[i].Jitter) * 1000L);
        input.Pipe("end", "v", 1_000_000);
        return driver.Output<string, string>("out").Read().Select(r => $"{r.Key} {r.Value} @{r.Timestamp}").ToList();
    }

    private static TopologyTestDriver Driver(Func<TimeWindowedKStream<string, string>, KTable<Windowed<string>, long>> build)
    {
        var builder = new StreamsBuilder();
        var windowed = builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)));
        build(windowed).ToStream().Map((key, count) => (key.Key, $"{key.Window.StartMs / 1000}s={count}")).To("out");
        return new(builder.Build());
    }
}
