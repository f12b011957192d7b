namespace CrashStreams.Benchmarks.Operators;

/// <summary>An operator, and what it asks of its stores.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Accesses">
/// Accesses to stores for each record of the input, once every key has been there: a look-up, a put, a removal or a scan is one each, an entry of an index like any other. Where a record waits for its turn, in the order of
/// event time, that is a put, a look and a removal.
/// </param>
/// <param name="Topics">What is read; records go to them in turn.</param>
/// <param name="Build">Declares it.</param>
internal sealed record OperatorCase(string Name, double Accesses, IReadOnlyList<string> Topics, Action<StreamsBuilder> Build)
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    /// <summary>Each key comes once a second. The first is what the others are compared with.</summary>
    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        new("tumbling count", 2, ["in"], static b => In(b).GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(60 * _second)).Count("store").ToStream().ForEach(static (_, _) => { })),
        new("hopping count, 4 windows a record", 8, ["in"], static b => In(b).GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(60 * _second).AdvanceBy(15 * _second)).Count("store").ToStream().ForEach(static (_, _) => { })),
        new("daily count of a time zone", 2, ["in"], static b => In(b).GroupByKey().WindowedBy(CalendarWindows.Days(TimeZoneInfo.Utc)).Count("store").ToStream().ForEach(static (_, _) => { })),
        // Waits; the session before is found, removed and put with its new end.
        new("session count", 6, ["in"], static b => In(b).GroupByKey().WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(1.5 * _second)).Count("store").ToStream().ForEach(static (_, _) => { })),
        // Waits; windows are found, the one that ends with the record and the one that begins behind the record before are put, and an index entry for each.
        new("sliding count", 8, ["in"], static b => In(b).GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(1.5 * _second)).Count("store").ToStream().ForEach(static (_, _) => { })),
        // Half of the records meet one of the other side.
        new("stream-stream join", 2.5, ["in", "other"], static b => In(b).Join(Other(b), static (l, r) => l + r, JoinWindows.OfTimeDifferenceWithNoGrace(_second / 2), new() { StoreName = "store" }).ForEach(static (_, _) => { })),
        // The left one of two is looked for among those that wait alone, and put; the right one looks it up there and removes it.
        new("stream-stream left join", 4.5, ["in", "other"], static b => In(b).LeftJoin(Other(b), static (l, r) => l + r.Or(0), JoinWindows.OfTimeDifferenceWithNoGrace(_second / 2), new() { StoreName = "store" }).ForEach(static (_, _) => { })),
        // Half of the records are updates: a look-up and a put. The others look up.
        new("stream-table join", 1.5, ["in", "other"], static b => In(b).Join(b.Table<string, long>("other", materialized: "store"), static (l, r) => l + r).ForEach(static (_, _) => { })),
        // Updates find what was before and are put; the others wait and are looked up as of their time.
        new("stream-table join as of event time", 3, ["in", "other"], static b => In(b)
            .Join(b.Table<string, long>("other", materialized: new() { Name = "store", HistoryRetention = 10 * _second }), static (l, r) => l + r).ForEach(static (_, _) => { })),
        new("key-value count", 2, ["in"], static b => In(b).GroupByKey().Count("store").ToStream().ForEach(static (_, _) => { })),
        // The row is looked up and put; it leaves one group and enters another, behind a shuffle of both.
        new("table aggregate", 6, ["in"], static b => b.Table<string, long>("in", materialized: "store").GroupBy(static (k, v) => (k[..^1], v), new() { Name = "by" }).Count("groups").ToStream().ForEach(static (_, _) => { })),
        new("distinct within a second", 5, ["in"], static b => In(b).DistinctWithin(_second / 2, "distinct").ForEach(static (_, _) => { })),
    ];

    private static KStream<string, long> In(StreamsBuilder builder) => builder.Stream<string, long>("in");

    private static KStream<string, long> Other(StreamsBuilder builder) => builder.Stream<string, long>("other");
}
