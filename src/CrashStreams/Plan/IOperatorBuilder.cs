using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>Makes the operators of one task: what a node may ask for while it makes its own.</summary>
internal interface IOperatorBuilder
{
    StreamsOptions Options { get; }

    /// <summary>A node's operator, made the first time.</summary>
    object GetOrCreate(TopologyNode node);

    /// <summary>Registers an operator that is to be initialized and closed with the task. Children come before their parents.</summary>
    void Add(IProcessorLifetime processor);

    /// <summary>What several operators of the task share, made by the first one that asks.</summary>
    T Shared<T>(object owner, Func<T> create)
        where T : class;

    /// <summary>The task as a node's operator sees it.</summary>
    IOperatorContext ContextFor(TopologyNode node);

    /// <summary>A topic's full name: those of the application's own carry its id.</summary>
    string FullTopic(string topic, bool isInternal);
}
