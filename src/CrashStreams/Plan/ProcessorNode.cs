using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>A node with an operator between its parents and its children.</summary>
internal class ProcessorNode<TKeyIn, TValueIn, TKeyOut, TValueOut>(
    string name, Func<Processor<TKeyIn, TValueIn, TKeyOut, TValueOut>> create, IReadOnlyList<StoreDefinition>? stores = null)
    : TopologyNode<TKeyOut, TValueOut>(name)
{
    public override IReadOnlyList<StoreDefinition> Stores => stores ?? [];

    /// <summary>What stands between the operator and its children, as a part of it: descriptions don't show it. Null: nothing.</summary>
    public Func<Processor<TKeyOut, TValueOut, TKeyOut, TValueOut>>? Behind { get; init; }

    public override void Validate(ICollection<string> faults)
    {
        foreach (var store in Stores)
            store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = New() ?? throw new TopologyException($"The function that creates the processor '{Name}' returned null: return a new instance for each task.");
        if (processor.IsAttached)
            throw new TopologyException($"The function that creates the processor '{Name}' returned an instance that another task has already: return a new one each time, for example () => new {processor.GetType().Name}(...).");
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(Cached(Behind, CreateChildren(task), task));
        task.Add(processor);
        return processor;
    }

    private Processor<TKeyIn, TValueIn, TKeyOut, TValueOut>? New()
    {
        try
        {
            return create();
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            throw new ProcessingException($"The function that creates the processor '{Name}' threw {e.GetType().Name}: {e.Message}", e);
        }
    }
}
