using System.Buffers;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>A fold that changes its aggregate in place gives the rows, and the rows before, that one gives which makes a new aggregate each time.</summary>
public class InPlaceFoldTests
{
    private static readonly (string Key, string Value, long Time)[] _input =
        [("k", "a", 10_000), ("k", "d", 10_900), ("k", "b", 10_300), ("j", "x", 10_350), ("k", "c", 10_400), ("k", "a", 10_300), ("k", "e", 400), ("k", "f", 700), ("k", "g", 500), ("k", "h", 12_000), ("k", "i", 90_000)];

    public static TheoryData<string> Kinds => ["plain", "windows", "sliding", "sessions", "table", "cogroup"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_gives_what_a_fold_of_new_aggregates_gives(string kind)
    {
        foreach (var clock in new[] { StreamTime.Watermarks, StreamTime.Observed })
            Rows(kind, isInPlace: true, clock).Should().Equal(Rows(kind, isInPlace: false, clock), "{0} by the {1} clock", kind, clock);
    }

    [Theory]
    [InlineData("sliding")]
    [InlineData("windows")]
    [InlineData("table")]
    public void What_is_grouped_behind_holds_each_row_once(string kind)
    {
        var rows = Rows(kind, isInPlace: true, StreamTime.Watermarks);
        var last = rows.Where(static r => !r.StartsWith("group", StringComparison.Ordinal)).Select(static r => r.Split(" = ")).GroupBy(static r => r[0]).Select(static g => g.Last()[1]).Where(static v => v != "-");
        rows.Last(static r => r.StartsWith("group", StringComparison.Ordinal)).Should().Be($"group = {string.Join(',', last.Order(StringComparer.Ordinal))}");
    }

    private static List<string> Rows(string kind, bool isInPlace, StreamTime clock)
    {
        List<string> Add(string key, string value, List<string> all)
        {
            if (!isInPlace)
                return [.. all, value];
            all.Add(value);
            return all;
        }

        List<string> Take(string key, string value, List<string> all)
        {
            var left = isInPlace ? all : [.. all];
            left.Remove(value);
            return left;
        }

        List<string> Merge(string key, List<string> one, List<string> other)
        {
            if (!isInPlace)
                return [.. one, .. other];
            one.AddRange(other);
            return one;
        }

        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var grouped = stream.GroupByKey();
        var store = new Materialized<string, List<string>> { Name = "lists", ValueSerde = new ListSerde() };
        var (second, hour) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        var rows = new List<string>();
        switch (kind)
        {
            case "plain":
                Watch(grouped.Aggregate(static () => [], Add, store), rows);
                break;
            case "windows":
                Watch(grouped.WindowedBy(TimeWindows.OfSizeAndGrace(second, hour).AdvanceBy(second / 2)).Aggregate(static () => [], Add, store), rows);
                break;
            case "sliding":
                Watch(grouped.WindowedBy(SlidingWindows.OfTimeDifferenceAndGrace(second, hour)).Aggregate(static () => [], Add, store), rows);
                break;
            case "sessions":
                Watch(grouped.WindowedBy(SessionWindows.OfInactivityGapAndGrace(second / 2, hour)).Aggregate(static () => [], Add, Merge, store), rows);
                break;
            case "cogroup":
                Watch(grouped.Cogroup<List<string>>(Add).Aggregate(static () => [], store), rows);
                break;
            default:
                Watch(stream.ToTable("rows").GroupBy(static (_, v) => (v.Length > 0 && v[0] < 'f' ? "low" : "high", v)).Aggregate(static () => ["0"], Add, Take, store), rows);
                break;
        }

        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock } });
        foreach (var (key, value, time) in _input)
            driver.Input<string, string>("in").Pipe(key, value, time);
        return rows;
    }

    // What a row was is what leaves the group.
    private static void Watch<TKey>(KTable<TKey, List<string>> table, List<string> rows)
    {
        table.ToStream().Peek((key, all) => rows.Add($"{key} = {Text(all)}")).MapValues(static all => Text(all)).ForEach(static (_, _) => { });
        table.GroupBy(static (_, all) => ("group", Text(all))).Aggregate(
                static () => "", static (_, added, all) => Join(all.Split(',').Append(added)),
                static (_, removed, all) => Join(Without(all.Split(','), removed)), "group")
            .ToStream().Peek((key, all) => rows.Add($"{key} = {all}")).ForEach(static (_, _) => { });
    }

    private static string Join(IEnumerable<string> parts) => string.Join(',', parts.Where(static p => p.Length > 0).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Without(IEnumerable<string> parts, string removed)
    {
        var left = parts.ToList();
        return left.Remove(removed) ? left : left.Append($"no {removed}");
    }

    private static string Text(List<string>? all) => all is null ? "-" : string.Join(' ', all);

    private sealed class ListSerde : Serde<List<string>>
    {
        public override List<string> Deserialize(ReadOnlySpan<byte> data) => [.. Serdes.String.Deserialize(data).Split(' ', StringSplitOptions.RemoveEmptyEntries)];

        public override void Serialize(List<string> value, IBufferWriter<byte> output) => Serdes.String.Serialize(string.Join(' ', value), output);
    }
}
