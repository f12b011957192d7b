using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>One of the streams that are aggregated together, whatever its values are.</summary>
internal abstract class CogroupInput<TKey, TAggregate>
{
    public abstract BuilderState Builder { get; }

    public abstract Serde<TKey>? KeySerde { get; }

    /// <summary>Adds the repartition topic, where one is needed.</summary>
    public abstract void Repartition(string storeName, bool isNameGiven);

    public abstract TopologyNode<TKey, Change<TAggregate>> Fold(string name, StoreDefinition store, Func<TAggregate> initializer);

    public abstract TopologyNode<Windowed<TKey>, Change<TAggregate>> FoldWindows(string name, StoreDefinition store, Windowing windowing, Func<TAggregate> initializer);

    public abstract TopologyNode<Windowed<TKey>, Change<TAggregate>> FoldSessions(
        string name, StoreDefinition store, SessionWindows windows, Func<TAggregate> initializer, Func<TKey, TAggregate, TAggregate, TAggregate> merger, int number);
}

/// <summary>One of the streams that are aggregated together.</summary>
internal sealed class CogroupInput<TKey, TValue, TAggregate>(KGroupedStream<TKey, TValue> grouped, Func<TKey, TValue, TAggregate, TAggregate> aggregator)
    : CogroupInput<TKey, TAggregate>
{
    private TopologyNode<TKey, TValue> _source = null!;

    public override BuilderState Builder => grouped.Builder;

    public override Serde<TKey>? KeySerde => grouped.KeySerde;

    public override void Repartition(string storeName, bool isNameGiven) => _source = grouped.RepartitionIfNeeded(storeName, isNameGiven);

    public override TopologyNode<TKey, Change<TAggregate>> Fold(string name, StoreDefinition store, Func<TAggregate> initializer) => Builder.Add(
        new ProcessorNode<TKey, TValue, TKey, Change<TAggregate>>(name, () => new StreamAggregate<TKey, TValue, TAggregate>(store.Name, initializer, aggregator, null), [store]), _source);

    public override TopologyNode<Windowed<TKey>, Change<TAggregate>> FoldWindows(string name, StoreDefinition store, Windowing windowing, Func<TAggregate> initializer) => Builder.Add(
        new WindowAggregateNode<TKey, TValue, TAggregate>(name, store, null, windowing, new(aggregator) { Initializer = initializer }), _source);

    public override TopologyNode<Windowed<TKey>, Change<TAggregate>> FoldSessions(
        string name, StoreDefinition store, SessionWindows windows, Func<TAggregate> initializer, Func<TKey, TAggregate, TAggregate, TAggregate> merger, int number)
    {
        var fold = new SessionFold<TKey, TValue, TAggregate>(aggregator, merger) { Initializer = initializer };
        return Builder.Add(
            new KeyWindowAggregateNode<TKey, TValue, TAggregate>(
                name, store, grouped.InOrder(name, _source), windows.SpanMs + 1,
                () => new SessionAggregate<TKey, TValue, TAggregate>(store.Name, windows, fold, onlyFinal: false, onLate: null), number),
            _source);
    }
}
