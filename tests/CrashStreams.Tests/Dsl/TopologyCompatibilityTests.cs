namespace CrashStreams.Tests.Dsl;

/// <summary>What a rolling upgrade from one topology to another would break.</summary>
public class TopologyCompatibilityTests
{
    [Fact]
    public void A_topology_is_compatible_with_itself_and_with_more_behind_it()
    {
        Compare(Counts(), Counts()).Should().BeEmpty();
        Compare(Counts(), Counts(then: static builder => builder.Stream<string, string>("other").GroupByKey().Count("others"))).Should().OnlyContain(static d => d.Risk == UpgradeRisk.None);
    }

    [Fact]
    public void A_store_with_another_name_is_lost_and_the_likely_new_name_is_said() =>
        Unsafe(Counts(), Counts(store: "tallies")).Should().ContainSingle().Which.Should().Match<TopologyDifference>(d => d.Subject == "counts" && d.Text.Contains("'tallies'"));

    [Fact]
    public void A_store_of_another_kind_type_or_window_size_can_not_be_read()
    {
        Unsafe(Counts(), Windowed(60)).Select(static d => d.Subject).Should().Equal("counts");
        Unsafe(Windowed(60), Windowed(30)).Should().ContainSingle().Which.Text.Should().Contain("60000 ms").And.Contain("30000 ms");
        Unsafe(Counts(), Of(static b => b.Stream<string, string>("in").GroupByKey().Reduce(static (_, last) => last, "counts", "count"))).Should().ContainSingle().Which.Text.Should().Contain("System.Int64");
    }

    [Fact]
    public void Another_serde_of_the_same_type_may_not_read_what_is_there() =>
        Unsafe(Counts(), Of(static b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", ValueSerde = new TextOfLong() }, "count"))).Should().ContainSingle().Which.Text.Should().Contain("TextOfLong");

    [Fact]
    public void A_store_that_loses_its_changelog_loses_its_state() =>
        Unsafe(Counts(), Of(static b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", Logged = false }, "count"))).Should().ContainSingle();

    [Fact]
    public void A_repartition_topic_that_goes_or_has_another_width_leaves_records_behind()
    {
        Unsafe(Repartitioned("by", 3), Repartitioned("via", 3)).Select(static d => d.Subject).Should().Equal("by-repartition", "counts");
        Unsafe(Repartitioned("by", 3), Repartitioned("by", 4)).Should().ContainSingle().Which.Text.Should().Contain("4 partitions instead of 3 partitions");
    }

    [Fact]
    public void An_operator_that_closes_windows_keeps_its_name() =>
        Unsafe(Windowed(60), Windowed(60, node: "another")).Should().ContainSingle().Which.Text.Should().Contain("emitted again");

    [Fact]
    public void Topics_that_are_read_no_more_stay_unprocessed() =>
        Unsafe(Of(static b => b.Stream<string, string>(["a", "b"]).To("out")), Of(static b => b.Stream<string, string>("a").To("out"))).Should().ContainSingle().Which.Subject.Should().Be("b");

    [Fact]
    public void Tasks_with_other_numbers_restore_their_state() =>
        Compare(Counts(), Counts(first: static builder => builder.Stream<string, string>("other").To("elsewhere"))).Should().Contain(static d => d.Risk == UpgradeRisk.Restore && d.Subject == "in");

    private static IReadOnlyList<TopologyDifference> Compare(Topology before, Topology after) => TopologyCompatibility.Compare(before, after);

    private static IEnumerable<TopologyDifference> Unsafe(Topology before, Topology after) => Compare(before, after).Where(static d => d.Risk == UpgradeRisk.Unsafe);

    private static Topology Counts(string store = "counts", Action<StreamsBuilder>? first = null, Action<StreamsBuilder>? then = null) => Of(builder =>
    {
        first?.Invoke(builder);
        builder.Stream<string, string>("in").GroupByKey().Count(store, "count");
        then?.Invoke(builder);
    });

    private static Topology Windowed(int seconds, string node = "count") =>
        Of(b => b.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(seconds))).Count("counts", node));

    private static Topology Repartitioned(string name, int partitions) =>
        Of(b => b.Stream<string, string>("in").SelectKey(static (_, value) => value).Repartition(new() { Name = name, Partitions = partitions }).GroupByKey().Count("counts", "count"));

    private static Topology Of(Action<StreamsBuilder> declare)
    {
        var builder = new StreamsBuilder();
        declare(builder);
        return builder.Build();
    }

    private sealed class TextOfLong : Serde<long>
    {
        public override long Deserialize(ReadOnlySpan<byte> data) => long.Parse(System.Text.Encoding.UTF8.GetString(data), System.Globalization.CultureInfo.InvariantCulture);

        public override void Serialize(long value, System.Buffers.IBufferWriter<byte> output)
        {
            value.TryFormat(output.GetSpan(20), out var written, provider: System.Globalization.CultureInfo.InvariantCulture);
            output.Advance(written);
        }
    }
}
