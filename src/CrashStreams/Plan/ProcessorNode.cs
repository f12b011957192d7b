using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>A node with an operator between its parents and its children.</summary>
internal class ProcessorNode<TKeyIn, TValueIn, TKeyOut, TValueOut>(
    string name, Func<Processor<TKeyIn, TValueIn, TKeyOut, TValueOut>> create, IReadOnlyList<StoreDefinition>? stores = null)
    : TopologyNode<TKeyOut, TValueOut>(name)
{
    public override IReadOnlyList<StoreDefinition> Stores => stores ?? [];

    public override void Validate(ICollection<string> faults)
    {
        foreach (var store in Stores)
            store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = create() ?? throw new TopologyException($"The function that creates the processor '{Name}' returned null: return a new instance for each task.");
        if (processor.IsAttached)
            throw new TopologyException($"The function that creates the processor '{Name}' returned an instance that another task has already: return a new one each time, for example () => new {processor.GetType().Name}(...).");
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return processor;
    }
}
