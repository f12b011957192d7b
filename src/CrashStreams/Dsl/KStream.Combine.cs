using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>Partial aggregates in front of a shuffle.</summary>
public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Makes one record of those of a key and window that are read between two commits, so that a grouping behind it shuffles and stores fewer. Group by the key then, with the same windows, and
    /// reduce with the same function: the results are those without it, late records included, which go on one by one. Records without key or value go on as they are. Nothing is stored. With the
    /// Observed clock, whose results depend on each record's turn, all go on one by one.
    /// </summary>
    /// <param name="windows">Those of the aggregation behind it, with their grace.</param>
    /// <param name="combiner">Makes one value of two. It must not matter in which order and how often values are put together (a sum, a maximum, a union), nor may it change its arguments.</param>
    /// <param name="combined">Names the node, and says how keys are told apart.</param>
    public KStream<TKey, TValue> Combine(TimeWindows windows, Func<TValue, TValue, TValue> combiner, Combined<TKey>? combined = null)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(combiner);
        return Combine(combined, _valueSerde, (keySerde, mostKeys) => new WindowCombiner<TKey, TValue, TValue>(windows, static (_, value) => value, (_, value, sum) => combiner(sum, value), foldsNull: false, keySerde, mostKeys));
    }

    /// <summary>Makes one partial aggregate of the records of a key and window that are read between two commits; an aggregation behind it puts those together. See the other overload.</summary>
    /// <param name="windows">Those of the aggregation behind it, with their grace.</param>
    /// <param name="initializer">The aggregate of no record.</param>
    /// <param name="aggregator">Takes a record into an aggregate, which it may change in place. The order must not matter.</param>
    /// <param name="combined">Names the node, and says how keys are told apart.</param>
    public KStream<TKey, TPartial> Combine<TPartial>(
        TimeWindows windows, Func<TPartial> initializer, Func<TKey, TValue, TPartial, TPartial> aggregator, Combined<TKey>? combined = null)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        return Combine(
            combined, Serdes.Find<TPartial>(),
            (keySerde, mostKeys) => new WindowCombiner<TKey, TValue, TPartial>(windows, (key, value) => aggregator(key, value, initializer()), aggregator, foldsNull: true, keySerde, mostKeys));
    }

    /// <summary>
    /// The same for sessions: one record or two of those of a key within a gap. It holds back only what has come within the grace: without a grace nothing is combined.
    /// </summary>
    /// <param name="windows">Those of the aggregation behind it, with their grace.</param>
    /// <param name="combiner">Makes one value of two. It must not matter in which order and how often values are put together, nor may it change its arguments.</param>
    /// <param name="combined">Names the node, and says how keys are told apart.</param>
    public KStream<TKey, TValue> Combine(SessionWindows windows, Func<TValue, TValue, TValue> combiner, Combined<TKey>? combined = null)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(combiner);
        return Combine(combined, _valueSerde, (keySerde, mostKeys) => new SessionCombiner<TKey, TValue>(windows, combiner, keySerde, mostKeys));
    }

    private KStream<TKey, TPartial> Combine<TPartial>(Combined<TKey>? combined, Serde<TPartial>? valueSerde, Func<Serde<TKey>, int, Combiner<TKey, TValue, TPartial>> create)
    {
        combined ??= new();
        var (name, keySerde) = (_builder.Name(combined.Name, "KSTREAM-COMBINE"), combined.KeySerde ?? _keySerde ?? Serdes.Find<TKey>());
        SerdeFault.Check(keySerde, name, "key", _builder.Faults);
        if (combined.MaxKeys < 1)
            _builder.Faults.Add($"'{name}': {nameof(combined.MaxKeys)} is {combined.MaxKeys}: at least 1.");
        var node = _builder.Add(new ProcessorNode<TKey, TValue, TKey, TPartial>(name, () => create(keySerde!, combined.MaxKeys)), _node);
        return new(_builder, node, keySerde, valueSerde, _needsRepartition);
    }
}
