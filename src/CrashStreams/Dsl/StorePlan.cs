using CrashStreams.Plan;

namespace CrashStreams;

#pragma warning disable CS8714 // A null key is dropped before it reaches a store.

/// <summary>The store of an aggregation: as <see cref="Materialized{TKey, TValue}"/> says, else by default.</summary>
internal sealed record StorePlan<TKey, TValue>
{
    private readonly BuilderState _builder;
    private readonly Materialized<TKey, TValue> _materialized;

    /// <param name="builder">The graph.</param>
    /// <param name="prefix">Of a generated name.</param>
    /// <param name="materialized">What was said; null for nothing.</param>
    /// <param name="keySerde">Where nothing was said: what the stream carries, else the library's.</param>
    /// <param name="valueSerde">The same.</param>
    public StorePlan(BuilderState builder, string prefix, Materialized<TKey, TValue>? materialized, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    {
        (_builder, _materialized) = (builder, materialized ?? new());
        Name = _materialized.Name ?? builder.Name(null, $"{prefix}-STATE-STORE");
        if (!IsNameGiven && _materialized.Logged)
            builder.WarnOfGenerated(Name);
        KeySerde = _materialized.KeySerde ?? keySerde ?? Serdes.Find<TKey>();
        ValueSerde = _materialized.ValueSerde ?? valueSerde ?? Serdes.Find<TValue>();
    }

    public string Name { get; private init; }

    public bool IsNameGiven => _materialized.Name is not null;

    /// <summary>How many updates may wait for the next commit; null: none does.</summary>
    public int? CachedUpdates => _materialized.CachedUpdates;

    public Serde<TKey>? KeySerde { get; }

    public Serde<TValue>? ValueSerde { get; }

    public StoreDefinition KeyValue() =>
        _builder.AddStore(new KeyValueStoreDefinition<TKey, TValue>(Name, KeySerde, ValueSerde, isTimestamped: true, _materialized.Logged));

    public StoreDefinition Windows(Windowing windowing)
    {
        if (windowing.Windows.IsEndless && _materialized.Retention is not null)
            _builder.Faults.Add($"Store '{Name}': windows that never end are kept for ever. Leave Materialized.Retention out.");
        var retentionMs = windowing.Windows.IsEndless ? windowing.SpanMs : Math.Max(RetentionMs(windowing.SpanMs, "window size + grace"), windowing.FinalSpanMs);
        return Windows(Name, windowing, retentionMs);
    }

    /// <summary>A second store of windows, for late records.</summary>
    public StoreDefinition Corrections(Windowing windowing) => Windows($"{Name}-corrections", windowing, windowing.FinalSpanMs);

    public StoreDefinition Sliding(SlidingWindows windows)
    {
        var retentionMs = RetentionMs((2 * windows.DifferenceMs) + windows.GraceMs, "twice the difference + grace");
        return _builder.AddStore(new SlidingWindowStoreDefinition<TKey, TValue>(Name, KeySerde, ValueSerde, windows.DifferenceMs, retentionMs, _materialized.Logged));
    }

    /// <param name="windows">The sessions.</param>
    /// <param name="isEndOrdered">Whether they are looked for by their end: when they give final results.</param>
    public StoreDefinition Sessions(SessionWindows windows, bool isEndOrdered) => _builder.AddStore(
        new SessionStoreDefinition<TKey, TValue>(Name, KeySerde, ValueSerde, RetentionMs(windows.SpanMs, "gap + grace"), _materialized.Logged, isEndOrdered));

    private WindowStoreDefinition<TKey, TValue> Windows(string name, Windowing windowing, long retentionMs) =>
        _builder.AddStore(new WindowStoreDefinition<TKey, TValue>(name, KeySerde, ValueSerde, windowing.Windows, windowing.Windows.LongestMs, retentionMs, _materialized.Logged));

    private long RetentionMs(long leastMs, string least)
    {
        if (_materialized.Retention is not { } given)
            return leastMs;
        if (given.TotalMilliseconds < leastMs)
            _builder.Faults.Add($"Store '{Name}': a retention of {given} is shorter than {least} ({Duration(leastMs)}).");
        return Math.Max((long)given.TotalMilliseconds, leastMs);
    }

    // Sums may be longer than what a TimeSpan holds.
    private static string Duration(long milliseconds) => milliseconds < TimeSpan.MaxValue.TotalMilliseconds ? $"{TimeSpan.FromMilliseconds(milliseconds)}" : $"{milliseconds} ms";
}
