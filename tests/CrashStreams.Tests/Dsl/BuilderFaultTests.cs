namespace CrashStreams.Tests.Dsl;

/// <summary>What is wrong with a topology is told when it is built, by the names of the nodes.</summary>
public class BuilderFaultTests
{
    [Fact]
    public void A_retention_shorter_than_window_and_grace_is_refused() => Building(b => b.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)))
            .Count(new() { Name = "counts", Retention = TimeSpan.FromSeconds(39) }))
        .Should().Throw<TopologyException>().WithMessage("*'counts'*00:00:39*00:00:40*");

    [Fact]
    public void Two_stores_of_one_name_are_refused() => Building(b =>
        {
            b.AddKeyValueStore<string, string>("seen");
            b.Stream<string, string>("in").GroupByKey().Count("seen");
        })
        .Should().Throw<TopologyException>().WithMessage("*Two stores are named 'seen'*");

    [Fact]
    public void A_sink_without_a_serde_is_named() => Building(b => b.Stream<string, string>("in").MapValues(_ => new Uri("a:b")).To("out", new() { Name = "uris" }))
        .Should().Throw<TopologyException>().WithMessage("*'uris': no serde for the value type System.Uri*");

    [Fact]
    public void A_store_without_a_serde_is_named() => Building(b => b.AddKeyValueStore<string, Uri>("uris").Stream<string, string>("in")
            .Process<string, string>(() => null!, ["uris"], "spider"))
        .Should().Throw<TopologyException>().WithMessage("*'uris': no serde for the value type System.Uri*");

    [Fact]
    public void A_prefilter_needs_a_time_that_is_in_the_bytes() => Building(b => b.Stream("in", new Consumed<string, string>
        {
            Name = "lines", TimestampExtractor = new((_, _, time) => time), Prefilter = static (in _) => true,
        }).To("out"))
        .Should().Throw<TopologyException>().WithMessage("*'lines': a prefilter needs a timestamp extractor that reads bytes*");

    [Fact]
    public void A_topology_that_reads_nothing_is_refused() => Building(_ => { }).Should().Throw<TopologyException>().WithMessage("*reads no topic*");

    [Fact]
    public void Suppression_until_windows_close_needs_windows() => Building(b => b.Stream<string, string>("in").GroupByKey().Count("counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final"))
        .Should().Throw<TopologyException>().WithMessage("*'final'*needs a windowed table*");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, -1)]
    public void Windows_of_no_size_or_negative_grace_are_refused(int sizeMs, int graceMs)
    {
        var make = () => TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(sizeMs), TimeSpan.FromMilliseconds(graceMs));
        make.Should().Throw<ArgumentOutOfRangeException>();
    }

    private static Action Building(Action<StreamsBuilder> declare) => () =>
    {
        var builder = new StreamsBuilder();
        declare(builder);
        builder.Build();
    };
}
