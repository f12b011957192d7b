using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Plan;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>Makes the operators and stores of one task: those of its sub-topology that the task's inputs reach.</summary>
internal sealed class TaskBuilder(TaskContext context, SubTopology subTopology, IReadOnlyList<TopicPartition> inputs) : IOperatorBuilder
{
    private readonly Dictionary<TopologyNode, object> _operators = [];
    private readonly List<IProcessorLifetime> _processors = [];
    private readonly Dictionary<object, object> _shared = [];

    public StreamsOptions Options => context.Options;

    /// <summary>The operators with a lifetime, parents before children.</summary>
    public IReadOnlyList<IProcessorLifetime> Processors { get; private set; } = [];

    public IReadOnlyDictionary<string, SourceProcessor> SourcesByTopic { get; private set; } = new Dictionary<string, SourceProcessor>();

    public void Build()
    {
        var nodes = subTopology.NodesBehind(subTopology.Sources.Where(s => s.Topics.Any(t => IsInput(FullTopic(t, s.IsRepartition)))));
        foreach (var store in nodes.SelectMany(n => n.StoresFor(context.Options.Time.Clock)).Distinct())
            context.AddStore(store.Create(new StoreContext(context.ChangelogTopic(store), context.Clock)));

        var byTopic = new Dictionary<string, SourceProcessor>();
        foreach (var node in nodes)
        {
            if (node is not ISourceNode source)
                continue;
            var processor = (SourceProcessor)GetOrCreate(node);
            foreach (var topic in source.Topics.Select(t => FullTopic(t, source.IsRepartition)).Where(IsInput))
                byTopic.Add(topic, processor);
        }

        SourcesByTopic = byTopic;
        // Children are made before their parents are added, so the reverse is topological.
        _processors.Reverse();
        Processors = _processors;
    }

    public object GetOrCreate(TopologyNode node)
    {
        if (!_operators.TryGetValue(node, out var made))
            _operators[node] = made = node.Create(this);
        return made;
    }

    public T Shared<T>(object owner, Func<T> create)
        where T : class
    {
        if (!_shared.TryGetValue(owner, out var made))
            _shared[owner] = made = create();
        return (T)made;
    }

    public void Add(IProcessorLifetime processor) => _processors.Add(processor);

    public IOperatorContext ContextFor(TopologyNode node) => new OperatorContext(context, node.Name, [.. node.StoresFor(context.Options.Time.Clock)], inputs[0].Partition);

    private bool IsInput(string topic) => inputs.Any(i => i.Topic == topic);

    public string FullTopic(string topic, bool isInternal) => isInternal ? $"{context.ApplicationId}-{topic}" : topic;
}
