namespace CrashStreams.Conformance.Tests;

/// <summary>The catalogue's topologies that this library has, by name.</summary>
internal static class Catalogue
{
    private static readonly Func<Vector, (Codec Key, Codec Value)> _text = static _ => (Codec.Text, Codec.Text);
    private static readonly Func<Vector, (Codec Key, Codec Value)> _counts = static _ => (Codec.Text, Codec.Long);
    private static readonly Func<Vector, (Codec Key, Codec Value)> _windowedText = static v => (Codec.WindowedText(v.Parameter("sizeMs")), Codec.Text);
    private static readonly Func<Vector, (Codec Key, Codec Value)> _windowedCounts = static v => (Codec.WindowedText(v.Parameter("sizeMs")), Codec.Long);

    public static IReadOnlyDictionary<string, TopologyDefinition> Topologies { get; } = new Dictionary<string, TopologyDefinition>
    {
        ["stateless-filter"] = new(Stateless.Filter) { Outputs = { ["kept"] = _text, ["rest"] = _text } },
        ["stateless-map"] = new(Stateless.Map) { Outputs = { ["mapped"] = _text, ["values"] = _text, ["keyed"] = _text, ["selected"] = _text } },
        ["stateless-flatmap"] = new(Stateless.FlatMap) { Outputs = { ["pairs"] = _text, ["words"] = _text } },
        ["stateless-branch"] = new(Stateless.Branch) { Outputs = { ["low"] = _text, ["high"] = _text, ["other"] = _text, ["only"] = _text } },
        ["stateless-merge"] = new(Stateless.Merge) { Outputs = { ["out"] = _text } },
        ["stateless-repartition"] = new(Stateless.Repartition) { Outputs = { ["out"] = _text, ["direct"] = _text } },
        ["process-count"] = new(Processes.Count)
        {
            Outputs = { ["out"] = _counts },
            Stores = { ["process-counts"] = TopologyDefinition.KeyValue<long>("process-counts", hasTimestamps: false) },
        },
        ["process-values"] = new(Processes.Values)
        {
            Outputs = { ["out"] = _text },
            Stores = { ["process-indexes"] = TopologyDefinition.KeyValue<long>("process-indexes", hasTimestamps: false) },
        },
        ["groupbykey-count"] = Table<long>(Aggregations.GroupByKeyCount, "counts", _counts),
        ["groupby-count"] = Table<long>(Aggregations.GroupByCount, "counts", _counts),
        ["groupbykey-reduce"] = Table<string>(Aggregations.GroupByKeyReduce, "reduced", _text),
        ["groupbykey-aggregate"] = Table<string>(Aggregations.GroupByKeyAggregate, "aggregated", _text),
        ["to-table"] = Table<string>(Tables.ToTable, "table", _text),
        ["to-table-rekeyed"] = Table<string>(Tables.ToTableRekeyed, "table", _text),
        ["table-source"] = TableOf(Tables.Source, ["out", "virtual"], "table"),
        ["table-filter"] = TableOf(Tables.Filter, ["virtual", "stored", "not"], "table", "filtered"),
        ["table-filter-virtual"] = TableOf(Tables.FilterVirtual, ["out"]),
        ["table-mapvalues"] = TableOf(Tables.MapValues, ["virtual", "stored", "chain"], "table", "mapped"),
        ["table-groupby-count"] = Grouped<long>(Tables.GroupByCount, "counts", _counts),
        ["table-groupby-reduce"] = Grouped<string>(Tables.GroupByReduce, "reduced", _text),
        ["table-groupby-aggregate"] = Grouped<string>(Tables.GroupByAggregate, "aggregated", _text),
        ["windowed-regroup"] = new(Tables.WindowedRegroup)
        {
            Outputs = { ["out"] = _counts },
            Stores = { ["counts"] = TopologyDefinition.Windows<long>("counts"), ["totals"] = TopologyDefinition.KeyValue<long>("totals", hasTimestamps: true) },
        },
        ["join-table-table-inner"] = TableOf(Tables.Join, ["out", "virtual"], "left-store", "right-store", "joined"),
        ["join-table-table-left"] = TableOf(Tables.LeftJoin, ["out", "virtual"], "left-store", "right-store", "joined"),
        ["join-table-table-outer"] = TableOf(Tables.OuterJoin, ["out", "virtual"], "left-store", "right-store", "joined"),
        ["join-foreign-key-inner"] = TableOf(Joins.ForeignKey, ["out"], "left-store", "right-store", "joined"),
        ["join-foreign-key-left"] = TableOf(Joins.ForeignKeyLeft, ["out"], "left-store", "right-store", "joined"),
        ["join-stream-table-inner"] = TableOf(Joins.StreamTable, ["out"], "table-store"),
        ["join-stream-table-left"] = TableOf(Joins.StreamTableLeft, ["out"], "table-store"),
        ["join-stream-global-inner"] = TableOf(Joins.StreamGlobal, ["out"], "global-store"),
        ["join-stream-global-left"] = TableOf(Joins.StreamGlobalLeft, ["out"], "global-store"),
        ["cogroup"] = TableOf(Joins.Cogroup, ["out"], "cogrouped"),
        ["cogroup-tumbling"] = Windows<string>(Joins.CogroupTumbling, "cogrouped", _windowedText),
        ["unlimited-count"] = Windows<long>(Windowings.Unlimited, "counts", _counts),
        ["sliding-count"] = SlidingOf<long>(Slidings.Count, "counts"),
        ["sliding-aggregate"] = SlidingOf<string>(Slidings.Aggregate, "aggregated"),
        ["sliding-count-suppress"] = SlidingOf<long>(Slidings.CountSuppress, "counts"),
        ["sliding-count-close"] = SlidingOf<long>(Slidings.Count, "counts"),
        ["session-count"] = SessionsOf<long>(Sessions.Count, "counts"),
        ["session-aggregate"] = SessionsOf<string>(Sessions.Aggregate, "aggregated"),
        ["session-reduce"] = SessionsOf<string>(Sessions.Reduce, "reduced"),
        ["session-count-suppress"] = SessionsOf<long>(Sessions.CountSuppress, "counts"),
        ["session-count-close"] = SessionsOf<long>(Sessions.Count, "counts"),
        ["cogroup-session"] = SessionsOf<string>(Sessions.Cogroup, "cogrouped"),
        ["join-stream-stream-inner"] = TableOf(Joins.Streams, ["out"]),
        ["join-stream-stream-left"] = TableOf(Joins.StreamsLeft, ["out"]),
        ["join-stream-stream-outer"] = TableOf(Joins.StreamsOuter, ["out"]),
        ["join-stream-stream-outer-throttled"] = TableOf(Joins.StreamsOuter, ["out"]),
        ["join-stream-stream-self"] = TableOf(Joins.StreamWithItself, ["out"]),
        ["table-suppress"] = TableOf(Tables.Suppress, ["out"], "table"),
        ["tumbling-suppress-limit"] = Windows<long>(Windowings.SuppressLimit, "counts", _windowedCounts),
        ["tumbling-suppress-limit-bytes"] = Windows<long>(Windowings.SuppressLimitBytes, "counts", _windowedCounts),
        ["table-versioned"] = new(Tables.Versioned)
        {
            Rules = [Rules.BeforeHistoryIsNotLogged("historyMs"), Rules.ExpiredSegmentsAreNotCounted],
            Outputs = { ["out"] = _text, ["counts-out"] = _counts },
            Stores = { ["versioned"] = TopologyDefinition.Versions<string>("versioned"), ["counts"] = TopologyDefinition.KeyValue<long>("counts", hasTimestamps: true) },
        },
        ["join-stream-table-versioned"] = Versioned(Joins.StreamTableVersioned),
        ["join-stream-table-grace"] = Versioned(Joins.StreamTableGrace) with { Rules = [Rules.UnmatchedWithoutKey, Rules.ExpiredSegmentsAreNotCounted] },
        ["join-stream-table-grace-inner"] = Versioned(Joins.StreamTableGraceInner),
        ["tumbling-count"] = Windows<long>(Windowings.Count, "counts", _windowedCounts),
        ["tumbling-reduce"] = Windows<string>(Windowings.Reduce, "reduced", _windowedText),
        ["tumbling-aggregate"] = Windows<string>((b, v) => Windowings.Aggregate(b, v, "0"), "aggregated", _windowedText),
        ["tumbling-sum-repartitioned"] = Windows<long>(Windowings.SumRepartitioned, "sums", _windowedCounts) with { Inputs = new() { ["in"] = (Codec.Text, Codec.Long) } },
        ["hopping-count"] = Windows<long>(Windowings.Count, "counts", _windowedCounts),
        ["hopping-aggregate"] = Windows<string>((b, v) => Windowings.Aggregate(b, v, ""), "aggregated", _windowedText),
        ["hopping-aggregate-close"] = Windows<string>((b, v) => Windowings.Aggregate(b, v, ""), "aggregated", _windowedText),
        ["tumbling-count-close"] = Windows<long>(Windowings.Count, "counts", _windowedCounts),
        ["tumbling-count-close-throttled"] = Windows<long>(Windowings.Count, "counts", _windowedCounts),
        ["tumbling-count-close-default-retention"] = Windows<long>(Windowings.CountCloseDefaultRetention, "counts", _windowedCounts) with { Rules = [Rules.KeptUntilEmitted, Rules.ExpiredSegmentsAreNotCounted] },
        ["tumbling-count-suppress"] = Windows<long>(Windowings.CountSuppress, "counts", _windowedCounts),
        ["hopping-reduce-suppress"] = Windows<string>(Windowings.ReduceSuppress, "reduced", _windowedText),
        ["tumbling-filter-suppress"] = Windows<long>(Windowings.FilterSuppress, "counts", _windowedCounts),
        ["tumbling-suppress-filter"] = Windows<long>(Windowings.SuppressFilter, "counts", _windowedCounts),
        ["tumbling-suppress-shutdown"] = Windows<long>(Windowings.SuppressShutdown, "counts", _windowedCounts),
        ["crash-monitor-suppress-filter"] = Crashes(CrashMonitors.SuppressFilter),
        ["crash-monitor-filter-suppress"] = Crashes(CrashMonitors.FilterSuppress),
        ["crash-monitor-emit-final"] = Crashes(CrashMonitors.EmitFinal),
    };

    private static TopologyDefinition Table<TValue>(Action<StreamsBuilder, Vector> build, string store, Func<Vector, (Codec Key, Codec Value)> output) => new(build)
    {
        Outputs = { ["out"] = output },
        Stores = { [store] = TopologyDefinition.KeyValue<TValue>(store, hasTimestamps: true) },
    };

    private static TopologyDefinition TableOf(Action<StreamsBuilder, Vector> build, string[] outputs, params string[] stores) => new(build)
    {
        Outputs = outputs.ToDictionary(o => o, _ => _text),
        Stores = stores.ToDictionary(s => s, s => TopologyDefinition.KeyValue<string>(s, hasTimestamps: true)),
    };

    private static TopologyDefinition Grouped<TValue>(Action<StreamsBuilder, Vector> build, string store, Func<Vector, (Codec Key, Codec Value)> output) => new(build)
    {
        Outputs = { ["out"] = output },
        Stores = { ["table"] = TopologyDefinition.KeyValue<string>("table", hasTimestamps: true), [store] = TopologyDefinition.KeyValue<TValue>(store, hasTimestamps: true) },
    };

    private static TopologyDefinition Windows<TValue>(Action<StreamsBuilder, Vector> build, string store, Func<Vector, (Codec Key, Codec Value)> output) => new(build)
    {
        Outputs = { ["out"] = output },
        Stores = { [store] = TopologyDefinition.Windows<TValue>(store) },
    };

    private static TopologyDefinition SessionsOf<TValue>(Action<StreamsBuilder, Vector> build, string store) => new(build)
    {
        Outputs = { ["out"] = _ => (Codec.SessionText, typeof(TValue) == typeof(long) ? Codec.Long : Codec.Text) },
        Stores = { [store] = TopologyDefinition.Sessions<TValue>(store) },
    };

    private static TopologyDefinition SlidingOf<TValue>(Action<StreamsBuilder, Vector> build, string store) => new(build)
    {
        Outputs = { ["out"] = v => (Codec.WindowedText(v.Parameter("diffMs")), typeof(TValue) == typeof(long) ? Codec.Long : Codec.Text) },
        Stores = { [store] = TopologyDefinition.Windows<TValue>(store) },
    };

    private static TopologyDefinition Versioned(Action<StreamsBuilder, Vector> build) => new(build)
    {
        Outputs = { ["out"] = _text },
        Stores = { ["table-store"] = TopologyDefinition.Versions<string>("table-store") },
    };

    private static TopologyDefinition Crashes(Action<StreamsBuilder, Vector> build) => new(build)
    {
        Outputs = { ["crash-alerts"] = _windowedCounts },
        Stores = { ["crash-counts"] = TopologyDefinition.Windows<long>("crash-counts") },
    };
}
