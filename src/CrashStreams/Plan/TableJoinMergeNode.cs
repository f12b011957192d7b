using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>
/// Where both sides of a join of tables meet. Where both are made of one table, an update of that reaches the join by both sides, one behind the other, and each finds the other table changed already:
/// what the result was before, which a group behind has to take out, is in a store then. With the Observed clock there is none: Kafka Streams has none either, and its groups count such rows twice.
/// </summary>
/// <param name="name">The node's name.</param>
/// <param name="store">The store that the user asked for.</param>
/// <param name="commonRows">The join's own, where both tables are made of one and the user asked for none; not part of descriptions, which are Kafka Streams'.</param>
/// <param name="haveCommonTable">Whether both tables are made of one.</param>
internal sealed class TableJoinMergeNode<TKey, TResult>(string name, StoreDefinition? store, StoreDefinition? commonRows, bool haveCommonTable) : TopologyNode<TKey, Change<TResult>>(name)
{
    public override IReadOnlyList<StoreDefinition> Stores { get; } = store is null ? [] : [store];

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => commonRows is not null && mode == StreamTime.Watermarks ? [commonRows] : Stores;

    public override void Validate(ICollection<string> faults)
    {
        store?.Validate(faults);
        commonRows?.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var mode = task.Options.Time.Clock;
        var processor = new TableJoinMerge<TKey, TResult>(StoresFor(mode).FirstOrDefault()?.Name, knowsBefore: !haveCommonTable || mode == StreamTime.Observed);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return processor;
    }
}
