using System.Globalization;
using CrashStreams.Processing;
using CrashStreams.Stores;
using Ready = CrashStreams.Aggregations.Aggregate;

namespace CrashStreams.Integration.Tests.Operators;

/// <summary>All operators, each with a naive account of its results.</summary>
internal static class OperatorCases
{
    private const int Keys = 12;
    private const int DifferenceMs = 50;

    // The records are of eight seconds; half of them belong to a day that is over then.
    private const long DayBeginsMs = 1_700_000_004_000;
    private static readonly TimeZoneInfo _zone = TimeZoneInfo.CreateCustomTimeZone("nine hours ahead", TimeSpan.FromHours(9), null, null);
    private static readonly TimeOnly _dayBegins = new(7, 13, 24);
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _difference = TimeSpan.FromMilliseconds(DifferenceMs);

    public static IReadOnlyDictionary<string, OperatorCase> All { get; } = Cases().ToDictionary(static c => c.Name);

    private static IEnumerable<OperatorCase> Cases() =>
    [
        new("filter", static i => i.A.Filter(static (_, v) => Parse(v) % 2 == 0), static (a, _) => a.Where(static r => r.Value % 2 == 0).Select(Row)),
        new("filter-not", static i => i.A.FilterNot(static (_, v) => Parse(v) % 2 == 0), static (a, _) => a.Where(static r => r.Value % 2 != 0).Select(Row)),
        new("map", static i => i.A.Map(static (k, v) => (v, k)), static (a, _) => a.Select(static r => ($"{r.Value}", r.Key))),
        new("map-values", static i => i.A.MapValues(static v => v + "!"), static (a, _) => a.Select(static r => (r.Key, r.Value + "!"))),
        new("flat-map", static i => i.A.FlatMap(static (k, v) => new[] { (k, v), (v, k) }), static (a, _) => a.SelectMany(static r => new[] { Row(r), ($"{r.Value}", r.Key) })),
        new("flat-map-values", static i => i.A.FlatMapValues(static v => new[] { v, v }), static (a, _) => a.SelectMany(static r => new[] { Row(r), Row(r) })),
        new("select-key", static i => i.A.SelectKey(static (_, v) => v), static (a, _) => a.Select(static r => ($"{r.Value}", $"{r.Value}"))),
        new("peek", static i => i.A.Peek(static (_, _) => { }), static (a, _) => a.Select(Row)),
        new("merge", static i => i.A.Merge(i.B), static (a, b) => a.Concat(b).Select(Row)),
        new("split", Split, static (a, _) => a.Where(static r => r.Value < 10).Select(Row)),
        new("repartition", static i => i.A.Repartition(new() { Name = "again" }), static (a, _) => a.Select(Row)),
        new("in-order", static i => i.A.InEventTimeOrder("in-order"), static (a, _) => a.Select(Row)),
        new("map-async", static i => i.A.MapAsync(static async (_, v, _) =>
        {
            await Task.Yield();
            return v + "?";
        }), static (a, _) => a.Select(static r => (r.Key, r.Value + "?"))),
        new("distinct-within", static i => i.A.DistinctWithin(_second, "distinct-within"), static (a, _) => FirstOfEachSecond(a)),
        new("process", Process, static (a, _) => a.GroupBy(static r => r.Key).SelectMany(static g => g.Select(static (r, n) => (r.Key, $"{n + 1}")))),
        new("count", static i => Text(i.A.GroupBy(static (_, v) => v, new() { Name = "count-by" }).Count("count")), static (a, _) => a.GroupBy(static r => $"{r.Value}").Select(static g => (g.Key, $"{g.Count()}")), IsTable: true),
        new("reduce", static i => Text(i.A.MapValues(static v => (long)Parse(v)).GroupByKey().Reduce(static (x, y) => x + y, "reduce")), static (a, _) => Sums(a), IsTable: true),
        new("aggregate", static i => Text(i.A.GroupByKey().Aggregate(static () => 0L, static (_, v, sum) => sum + Parse(v), "aggregate")), static (a, _) => Sums(a), IsTable: true),
        new("aggregate-ready", static i => i.A.GroupByKey().Aggregate(Ready.Distinct<string>(), "aggregate-ready").ToStream().MapValues(static set => $"{set.Count}"),
            static (a, _) => a.GroupBy(static r => r.Key).Select(static g => (g.Key, $"{g.DistinctBy(static r => r.Value).Count()}")), IsTable: true),
        new("cogroup", static i => Text(i.A.GroupByKey().Cogroup<long>(static (_, _, n) => n + 1).Cogroup(i.B.GroupByKey(), static (_, _, n) => n + 1_000).Aggregate(static () => 0L, "cogroup")),
            static (a, b) => a.Select(static r => (r.Key, 1)).Concat(b.Select(static r => (r.Key, 1_000))).GroupBy(static r => r.Key).Select(static g => (g.Key, $"{g.Sum(static r => r.Item2)}")), IsTable: true),
        new("tumbling", static i => Windows(i.A.GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(_second)).Emit(EmitStrategy.OnWindowClose).Count("tumbling")),
            static (a, _) => Counted(a, static r => [r.TimeMs / 1_000 * 1_000])),
        new("combine", static i => Windows(Combined(i.A.MapValues(static v => 1L)).WindowedBy(TimeWindows.OfSizeWithNoGrace(_second)).Emit(EmitStrategy.OnWindowClose).Reduce(static (x, y) => x + y, "combine")),
            static (a, _) => Counted(a, static r => [r.TimeMs / 1_000 * 1_000])),
        new("hopping", static i => Windows(i.A.GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(_second).AdvanceBy(_second / 2)).Count("hopping").Suppress(Suppressed.UntilWindowCloses(), "hopping-final")),
            static (a, _) => Counted(a, static r => [r.TimeMs / 500 * 500, (r.TimeMs / 500 * 500) - 500])),
        new("calendar", static i => Windows(i.A.GroupByKey().WindowedBy(CalendarWindows.Days(_zone, _dayBegins)).Emit(EmitStrategy.OnWindowClose).Count("calendar")),
            static (a, _) => Counted(a.Where(static r => r.TimeMs < DayBeginsMs), static _ => [DayBeginsMs - 86_400_000])),
        new("sliding", static i => Windows(i.A.GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(_difference)).Emit(EmitStrategy.OnWindowClose).Count("sliding")), static (a, _) => Slides(a)),
        new("session", static i => Windows(i.A.GroupByKey().WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(_difference * 4)).Emit(EmitStrategy.OnWindowClose).Count("session")), static (a, _) => Sessions(a, 4 * DifferenceMs)),
        new("table-filter", static i => i.TableA.Filter(static (_, v) => Parse(v) > 20).MapValues(static v => v + "!").ToStream(), static (a, _) => Last(a).Where(static r => r.Value > 20).Select(static r => (r.Key, r.Value + "!")), IsTable: true),
        new("table-group", static i => Text(i.TableA.GroupBy(static (k, v) => (v, k), new() { Name = "table-group-by" }).Count("table-group").Filter(static (_, n) => n > 0)),
            static (a, _) => Last(a).GroupBy(static r => $"{r.Value}").Select(static g => (g.Key, $"{g.Count()}")), IsTable: true),
        new("table-join", static i => i.TableA.LeftJoin(i.TableB, static (l, r) => $"{l}+{r.Or("-")}", "table-join").ToStream(),
            static (a, b) => Last(a).Select(l => (l.Key, $"{l.Value}+{Find(b, l.Key)}")), IsTable: true),
        new("foreign-key-join", static i => i.TableA.LeftJoin(i.TableB, Named, static (l, r) => $"{l}+{r.Or("-")}", "foreign-key-rows", "foreign-key-join").ToStream(),
            static (a, b) => Last(a).Select(l => (l.Key, $"{l.Value}+{Find(b, Named($"{l.Value}"))}")), IsTable: true),
        new("stream-join", static i => i.A.Join(i.B, static (l, r) => $"{l}+{r}", JoinWindows.OfTimeDifferenceWithNoGrace(_difference), new() { Name = "stream-join", StoreName = "stream-join" }),
            static (a, b) => a.SelectMany(l => Near(l, b).Select(r => (l.Key, $"{l.Value}+{r.Value}")))),
        new("stream-left-join", static i => i.A.LeftJoin(i.B, static (l, r) => $"{l}+{r.Or("-")}", JoinWindows.OfTimeDifferenceWithNoGrace(_difference), new() { Name = "stream-left-join", StoreName = "stream-left-join" }),
            static (a, b) => a.SelectMany(l => Near(l, b).Select(static r => $"{r.Value}").DefaultIfEmpty("-").Select(r => (l.Key, $"{l.Value}+{r}")))),
        new("stream-table-join", static i => i.A.LeftJoin(i.B.ToTable(new() { Name = "history", HistoryRetention = TimeSpan.FromHours(1) }), static (l, r) => $"{l}+{r.Or("-")}", new() { Name = "stream-table-join", Grace = _second }),
            static (a, b) => a.Select(l => (l.Key, $"{l.Value}+{Find([.. b.Where(r => r.TimeMs <= l.TimeMs)], l.Key)}"))),
        new("global-join", static i => i.A.Join(i.Global, static (k, _) => k, static (l, r) => $"{l}+{r}"), static (a, _) => a.Select(static r => (r.Key, $"{r.Value}+{Backwards(r.Key)}"))),
    ];

    /// <summary>The other table's key that a value names; one in ten names none that there is.</summary>
    public static string Named(string value) => Parse(value) % 10 == 9 ? "nobody" : $"k{Parse(value) % Keys}";

    public static string Backwards(string key) => new([.. key.Reverse()]);

    private static KGroupedStream<string, long> Combined(KStream<string, long> ones) =>
        ones.SelectKey(static (k, _) => k).Combine(TimeWindows.OfSizeWithNoGrace(_second), static (x, y) => x + y).GroupByKey(new() { Name = "combine-by" });

    private static KStream<string, string> Split(OperatorInputs inputs)
    {
        KStream<string, string>? low = null;
        inputs.A.Split("split").Branch(static (_, v) => Parse(v) < 10, branch => low = branch, "low").NoDefaultBranch();
        return low!;
    }

    private static KStream<string, string> Process(OperatorInputs inputs)
    {
        inputs.Builder.AddKeyValueStore<string, long>("process");
        return inputs.A.ProcessValues<string>(static () => new Counter(), ["process"]);
    }

    private static KStream<string, string> Text(KTable<string, long> table) => table.ToStream().MapValues(static n => n.ToString(CultureInfo.InvariantCulture));

    private static KStream<string, string> Windows(KTable<Windowed<string>, long> table) =>
        table.ToStream().Map(static (k, n) => (k.Key, string.Create(CultureInfo.InvariantCulture, $"{k.Window.StartMs}={n}")));

    private static (string, string) Row(Number record) => (record.Key, $"{record.Value}");

    private static int Parse(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<(string, string)> Sums(IReadOnlyList<Number> a) => a.GroupBy(static r => r.Key).Select(static g => (g.Key, $"{g.Sum(static r => r.Value)}"));

    private static IEnumerable<Number> Last(IReadOnlyList<Number> records) => records.GroupBy(static r => r.Key).Select(static g => g.Last());

    private static string Find(IReadOnlyList<Number> records, string key) => records.LastOrDefault(r => r.Key == key) is { } found ? $"{found.Value}" : "-";

    private static IEnumerable<Number> Near(Number left, IReadOnlyList<Number> right) => right.Where(r => r.Key == left.Key && Math.Abs(r.TimeMs - left.TimeMs) <= DifferenceMs);

    private static IEnumerable<(string, string)> FirstOfEachSecond(IReadOnlyList<Number> a)
    {
        foreach (var key in a.GroupBy(static r => r.Key))
        {
            var last = long.MinValue / 2;
            foreach (var record in key.Where(r => r.TimeMs - last >= 1_000))
            {
                last = record.TimeMs;
                yield return Row(record);
            }
        }
    }

    private static IEnumerable<(string, string)> Counted(IEnumerable<Number> a, Func<Number, long[]> starts) =>
        a.SelectMany(r => starts(r).Select(start => (r.Key, start))).GroupBy(static r => r).Select(static g => (g.Key.Key, $"{g.Key.start}={g.Count()}"));

    // A window that ends with each record, and one that begins behind it, when there is anything in that.
    private static IEnumerable<(string, string)> Slides(IReadOnlyList<Number> a) => a.GroupBy(static r => r.Key).SelectMany(static key =>
    {
        var times = key.Select(static r => r.TimeMs).ToList();
        int CountFrom(long start) => times.Count(t => t >= start && t <= start + DifferenceMs);
        return times.SelectMany(static t => new[] { t - DifferenceMs, t + 1 }).Distinct().Where(start => CountFrom(start) > 0).Select(start => (key.Key, $"{start}={CountFrom(start)}"));
    });

    private static IEnumerable<(string, string)> Sessions(IReadOnlyList<Number> a, int gapMs)
    {
        foreach (var key in a.GroupBy(static r => r.Key))
        {
            var (start, last, count) = (0L, 0L, 0);
            foreach (var record in key)
            {
                if (count > 0 && record.TimeMs - last > gapMs)
                {
                    yield return (key.Key, $"{start}={count}");
                    count = 0;
                }

                (start, last, count) = (count == 0 ? record.TimeMs : start, record.TimeMs, count + 1);
            }

            yield return (key.Key, $"{start}={count}");
        }
    }

    private sealed class Counter : Processor<string, string, string, string>
    {
        private IKeyValueStore<string, long> _counts = null!;

        protected override void Init() => _counts = Context.KeyValueStore<string, long>("process");

        public override void Process(in Record<string, string> record)
        {
            var count = _counts.TryGet(record.Key, out var before) ? before + 1 : 1;
            _counts.Put(record.Key, count);
            Forward(record.WithValue(count.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
