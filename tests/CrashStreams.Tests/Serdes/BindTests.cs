using System.Buffers;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.SerdeTests;

/// <summary>Serdes that depend on the topic and on headers.</summary>
public class BindTests
{
    /// <summary>Writes where the bytes belong in front of them, and says so in a header.</summary>
    private sealed class Addressed(SerdeContext? context = null) : Serde<string>
    {
        public static List<string?> Headers { get; } = [];

        protected internal override Serde<string> Bind(SerdeContext context) => new Addressed(context);

        public override string Deserialize(ReadOnlySpan<byte> data)
        {
            lock (Headers)
                Headers.Add(context!.Headers?.Last("from") is { } from ? Encoding.UTF8.GetString(from) : null);
            return Encoding.UTF8.GetString(data).Split('|')[1];
        }

        public override void Serialize(string value, IBufferWriter<byte> output)
        {
            output.Write(Encoding.UTF8.GetBytes($"{context!.Topic}{(context.IsKey ? " key" : "")}|{value}"));
            context.Headers?.Add("from", context.Topic);
        }
    }

    [Fact]
    public void A_serde_knows_the_topic_of_sources_shuffles_stores_and_sinks()
    {
        var serde = new Addressed();
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, string> { KeySerde = serde, ValueSerde = serde })
            .GroupBy(static (_, value) => value, new() { Name = "by-value", KeySerde = serde, ValueSerde = serde })
            .Reduce(static (before, now) => $"{before}{now}", "sums")
            .ToStream().To("out", new Produced<string, string> { KeySerde = serde, ValueSerde = serde });
        using var driver = new TopologyTestDriver(builder.Build(), new StreamsOptions { ApplicationId = "bound" });

        driver.Pipe("in", null, Encoding.UTF8.GetBytes("x|a"), 1);
        driver.Pipe("in", null, Encoding.UTF8.GetBytes("x|a"), 2);

        Text(driver, "bound-by-value-repartition").Should().StartWith("bound-by-value-repartition key|a=bound-by-value-repartition|a");
        Text(driver, "bound-sums-changelog").Should().EndWith("bound-sums-changelog key|a=bound-sums-changelog|aa");
        Text(driver, "out").Should().EndWith("out key|a=out|aa");
    }

    [Fact]
    public void Sources_show_the_headers_and_sinks_take_more()
    {
        Addressed.Headers.Clear();
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, string> { ValueSerde = new Addressed() }).To("out", new Produced<string, string> { ValueSerde = new Addressed() });
        using var driver = new TopologyTestDriver(builder.Build(), new StreamsOptions { ApplicationId = "headers" });
        var headers = new Headers().Add("from", "elsewhere");

        driver.Pipe("in", null, Encoding.UTF8.GetBytes("x|a"), 1, headers);

        lock (Addressed.Headers)
            Addressed.Headers.Should().Contain("elsewhere");
        driver.Read("out").Single().Headers!.Select(static header => Encoding.UTF8.GetString(header.Value!)).Should().Equal("elsewhere", "out");
        headers.Count.Should().Be(1, "those of the source are not touched");
    }

    [Fact]
    public void A_topic_that_is_chosen_per_record_is_the_one_that_the_serde_sees()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To(static (key, _) => $"out-{key}", new Produced<string, string> { ValueSerde = new Addressed() });
        using var driver = new TopologyTestDriver(builder.Build(), new StreamsOptions { ApplicationId = "chosen" });

        driver.Pipe("in", "a"u8.ToArray(), "1"u8.ToArray(), 1);
        driver.Pipe("in", "b"u8.ToArray(), "2"u8.ToArray(), 1);

        Encoding.UTF8.GetString(driver.Read("out-a").Single().Value!).Should().Be("out-a|1");
        Encoding.UTF8.GetString(driver.Read("out-b").Single().Value!).Should().Be("out-b|2");
    }

    [Fact]
    public void Serdes_that_are_made_of_others_hand_the_topic_on()
    {
        var (inner, context) = (new Addressed(), new SerdeContext("t", isKey: true));

        Written(Serdes.Tuple(inner, inner).Bind(context), ("a", "b")).Should().Be("t key|at key|b");
        Written(Serdes.Tuple(Serdes.Int64, Serdes.Int64, inner).Bind(context), (1L, 2L, "c")).Should().EndWith("t key|c");
        Written(Serdes.TimeWindowed(inner, TimeSpan.FromSeconds(1)).Bind(context), new Windowed<string>("a", new(0, 1000))).Should().Be("t key|a");
        var unbound = Serdes.Tuple(Serdes.String, Serdes.Int64);
        unbound.Bind(context).Should().BeSameAs(unbound, "what asks for nothing is not copied");
    }

    // Without lengths and numbers, which are no letters.
    private static string Written<T>(Serde<T> serde, T value)
    {
        var buffer = new ByteBuffer();
        serde.Serialize(value, buffer);
        return string.Concat(Encoding.Latin1.GetString(buffer.Written).Where(static character => character is >= ' ' and <= '~'));
    }

    private static string Text(TopologyTestDriver driver, string topic) =>
        string.Join(' ', driver.Read(topic).Where(static record => record.Key is not null).Select(static record => $"{Encoding.UTF8.GetString(record.Key!)}={Encoding.UTF8.GetString(record.Value!)}"));
}
