using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>A node of the graph that the DSL builds: what an operator is, once per topology. Tasks make operators of it.</summary>
internal abstract class TopologyNode(string name)
{
    private readonly List<TopologyNode> _children = [];
    private readonly List<TopologyNode> _parents = [];

    public string Name => name;

    public IReadOnlyList<TopologyNode> Children => _children;

    public IReadOnlyList<TopologyNode> Parents => _parents;

    /// <summary>The stores that the node reads and writes.</summary>
    public virtual IReadOnlyList<StoreDefinition> Stores => [];

    /// <summary>Those of its stores that are needed with a clock.</summary>
    public virtual IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => Stores;

    /// <summary>Whether it forwards the updates of a table.</summary>
    public virtual bool GivesTable => false;

    public void AddChild(TopologyNode child)
    {
        _children.Add(child);
        child._parents.Add(this);
    }

    /// <summary>Finds what would fail when tasks are made (missing serdes), before anything runs.</summary>
    public virtual void Validate(ICollection<string> faults)
    {
    }

    /// <summary>The node's operator for one task.</summary>
    public abstract object Create(IOperatorBuilder task);
}

/// <summary>A node that forwards records of these types.</summary>
internal abstract class TopologyNode<TKey, TValue>(string name) : TopologyNode(name)
{
    public override bool GivesTable => typeof(TValue) is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Change<>);

    protected Receiver<TKey, TValue>[] CreateChildren(IOperatorBuilder task, Func<TopologyNode, bool>? which = null)
    {
        var children = which is null ? Children : Children.Where(which);
        return children.Select(child => (Receiver<TKey, TValue>)task.GetOrCreate(child)).ToArray();
    }

    /// <summary>Puts a cache, where there is one, in front of children.</summary>
    protected Receiver<TKey, TValue>[] Cached(Func<Processor<TKey, TValue, TKey, TValue>>? create, Receiver<TKey, TValue>[] children, IOperatorBuilder task)
    {
        if (create is null || children.Length == 0)
            return children;
        var cache = create();
        cache.Attach(task.ContextFor(this));
        cache.ConnectTo(children);
        task.Add(cache);
        return [cache];
    }
}
