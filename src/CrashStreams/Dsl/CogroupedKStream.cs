using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>Several streams grouped by the same key, whose values are folded into one aggregate.</summary>
public sealed class CogroupedKStream<TKey, TAggregate>
{
    private readonly IReadOnlyList<CogroupInput<TKey, TAggregate>> _inputs;

    internal CogroupedKStream(IReadOnlyList<CogroupInput<TKey, TAggregate>> inputs) => _inputs = inputs;

    /// <summary>Adds a stream with its aggregator.</summary>
    public CogroupedKStream<TKey, TAggregate> Cogroup<TValue>(KGroupedStream<TKey, TValue> grouped, Func<TKey, TValue, TAggregate, TAggregate> aggregator)
    {
        ArgumentNullException.ThrowIfNull(grouped);
        ArgumentNullException.ThrowIfNull(aggregator);
        return new([.. _inputs, new CogroupInput<TKey, TValue, TAggregate>(grouped, aggregator)]);
    }

    /// <summary>Aggregates per window of time. Each stream's lateness is judged by its own time with the Observed clock.</summary>
    public TimeWindowedCogroupedKStream<TKey, TAggregate> WindowedBy(TimeWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, windows);
    }

    /// <summary>Aggregates per day, week or month of a time zone's calendar. Each stream's lateness is judged by its own time with the Observed clock.</summary>
    public TimeWindowedCogroupedKStream<TKey, TAggregate> WindowedBy(CalendarWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, windows);
    }

    /// <summary>Aggregates per session. Each stream's lateness is judged by its own time with the Observed clock.</summary>
    public SessionWindowedCogroupedKStream<TKey, TAggregate> WindowedBy(SessionWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, windows);
    }

    /// <summary>Folds the values of all streams, each by its own aggregator. A null result removes the key.</summary>
    public KTable<TKey, TAggregate> Aggregate(Func<TAggregate> initializer, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        var plan = Plan(materialized);
        var store = plan.KeyValue();
        var merge = Merge<TKey>(name, Folds(name, (input, node) => input.Fold(node, store, initializer)));
        return new(Builder, merge, new(plan.KeySerde, plan.ValueSerde) { View = () => TableView<TKey, TAggregate>.Of(store) });
    }

    internal BuilderState Builder => _inputs[0].Builder;

    // Names are drawn in Kafka Streams' order: store, repartition topics, folds, merge.
    internal StorePlan<TKey, TAggregate> Plan(Materialized<TKey, TAggregate>? materialized)
    {
        var plan = new StorePlan<TKey, TAggregate>(Builder, "COGROUPKSTREAM-AGGREGATE", materialized, _inputs.Select(i => i.KeySerde).FirstOrDefault(s => s is not null), null);
        foreach (var input in _inputs)
        {
            Builder.CheckSameBuilder(input.Builder, plan.Name);
            input.Repartition(plan.Name, plan.IsNameGiven);
        }

        return plan;
    }

    internal List<TopologyNode> Folds(string? name, Func<CogroupInput<TKey, TAggregate>, string, TopologyNode> fold) => _inputs
        .Select((input, i) => fold(input, Builder.Name(name is null ? null : $"{name}-cogroup-agg-{i}", "COGROUPKSTREAM-AGGREGATE"))).ToList();

    /// <summary>Where the updates of all folds meet.</summary>
    internal TopologyNode<TRow, Change<TAggregate>> Merge<TRow>(string? name, List<TopologyNode> folds) => Builder.Add(
        new ProcessorNode<TRow, Change<TAggregate>, TRow, Change<TAggregate>>(
            Builder.Name(name is null ? null : $"{name}-cogroup-merge", "COGROUPKSTREAM-MERGE"), static () => new PassThrough<TRow, Change<TAggregate>>()),
        [.. folds]);
}
