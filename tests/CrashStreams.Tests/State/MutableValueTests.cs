using System.Buffers;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>What a program changes in a value that it was given changes a store only when it is put.</summary>
public class MutableValueTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_fold_that_changes_its_aggregate_and_throws_leaves_what_was_stored(bool isWindowed, bool hasEngine)
    {
        using var driver = Driver(isWindowed, hasEngine, out var results);
        var input = driver.Input<string, string>("in");
        input.Pipe("k", "a", 1);
        input.Pipe("k", "throw", 2);
        input.Pipe("k", "b", 3);
        driver.Restart();
        input.Pipe("k", "c", 4);

        results.Should().Equal("a", "a b", "a b c");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_handed_out_is_a_copy(bool isWindowed)
    {
        using var driver = Driver(isWindowed, hasEngine: false, out var results);
        driver.Input<string, string>("in").Pipe("k", "a", 1);

        if (isWindowed)
        {
            var store = driver.WindowStore<string, List<string>>("words");
            store.All().Single().Value.Value.Add("x");
            store.TryGet("k", 0, out var found);
            found.Value.Add("y");
        }
        else
        {
            var store = driver.KeyValueStore<string, List<string>>("words");
            store.All().Single().Value.Add("x");
            store.TryGet("k", out var found);
            found.Add("y");
        }

        driver.Input<string, string>("in").Pipe("k", "b", 2);
        results.Should().Equal("a", "a b");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_table_operator_behind_a_fold_that_works_in_place_gets_the_aggregate_before_and_after(bool isWindowed)
    {
        var builder = new StreamsBuilder();
        var words = Words(builder, isWindowed);
        var kept = new List<string>();
        // A filter forwards a removal only when the row before passed.
        if (words is KTable<string, List<string>> plain)
            plain.Filter((_, w) => w.Count == 1).ToStream().ForEach((_, w) => kept.Add(w is null ? "-" : string.Join(' ', w)));
        else
            ((KTable<Windowed<string>, List<string>>)words).Filter((_, w) => w.Count == 1).ToStream().ForEach((_, w) => kept.Add(w is null ? "-" : string.Join(' ', w)));
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        input.Pipe("k", "a", 1);
        input.Pipe("k", "b", 2);
        input.Pipe("k", "c", 3);

        kept.Should().Equal("a", "-");
    }

    [Fact]
    public void A_value_that_a_processor_has_put_is_not_the_one_that_it_goes_on_with()
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, List<string>>("lists", valueSerde: new WordsSerde());
        builder.Stream<string, string>("in").Process<string, string>(() => new Keeps(), ["lists"]);
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("k", "a", 1);

        driver.KeyValueStore<string, List<string>>("lists").All().Single().Value.Should().Equal("a");
    }

    private static TopologyTestDriver Driver(bool isWindowed, bool hasEngine, out List<string> results)
    {
        var builder = new StreamsBuilder();
        var seen = results = [];
        var words = Words(builder, isWindowed);
        if (words is KTable<string, List<string>> plain)
            plain.ToStream().ForEach((_, w) => seen.Add(string.Join(' ', w)));
        else
            ((KTable<Windowed<string>, List<string>>)words).ToStream().ForEach((_, w) => seen.Add(string.Join(' ', w)));
        return new(builder.Build(), new()
        {
            ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip }, State = { Storage = hasEngine ? new MemoryStateStorage() : null, CacheBytes = hasEngine ? 0 : 1 << 20 },
        });
    }

    private static object Words(StreamsBuilder builder, bool isWindowed)
    {
        var grouped = builder.Stream<string, string>("in").GroupByKey();
        return isWindowed
            ? grouped.WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1))).Aggregate(() => [], Add, new Materialized<string, List<string>> { Name = "words", ValueSerde = new WordsSerde() })
            : grouped.Aggregate(() => [], Add, new Materialized<string, List<string>> { Name = "words", ValueSerde = new WordsSerde() });
    }

    private static List<string> Add(string key, string word, List<string> words)
    {
        words.Add(word);
        return word == "throw" ? throw new InvalidOperationException("after the change") : words;
    }

    private sealed class WordsSerde : Serde<List<string>>
    {
        public override List<string> Deserialize(ReadOnlySpan<byte> data) => [.. Serdes.String.Deserialize(data).Split(' ')];

        public override void Serialize(List<string> value, IBufferWriter<byte> output) => Serdes.String.Serialize(string.Join(' ', value), output);
    }

    private sealed class Keeps : Processor<string, string, string, string>
    {
        private IKeyValueStore<string, List<string>> _lists = null!;

        protected override void Init() => _lists = Context.KeyValueStore<string, List<string>>("lists");

        public override void Process(in Record<string, string> record)
        {
            List<string> words = [record.Value];
            _lists.Put(record.Key, words);
            words.Add("not put");
        }
    }
}
