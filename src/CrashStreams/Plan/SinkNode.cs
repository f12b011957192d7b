using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>What every sink has, whatever its types.</summary>
internal interface ISinkNode
{
    string Name { get; }

    /// <summary>The topic, or null when it is chosen per record.</summary>
    string? Topic { get; }

    bool IsRepartition { get; }

    /// <summary>Whether every record takes along where it was read from a source topic: an operator behind it looks at the order.</summary>
    bool KeepsPosition { get; set; }

    /// <summary>Whether records come back from behind the topic: a foreign-key join's subscriptions and answers.</summary>
    bool IsInLoop { get; }

    /// <summary>
    /// Whether its markers tell how far those inputs are whose records reach the sink, and not how far the task is: the task's own clock waits for what comes back, and that waits for these markers. See
    /// <see cref="ClockLoops"/>.
    /// </summary>
    bool TellsOwnInputs { get; set; }
}

/// <summary>A node that writes records to a topic.</summary>
internal sealed class SinkNode<TKey, TValue>(string name, string? topic, Func<TKey, TValue, string>? chooseTopic, Produced<TKey, TValue> produced, bool isRepartition)
    : TopologyNode(name), ISinkNode
{
    public string? Topic => topic;

    public bool IsRepartition => isRepartition;

    public bool KeepsPosition { get; set; }

    public bool IsInLoop { get; init; }

    public bool TellsOwnInputs { get => field || IsInLoop; set; }

    public override void Validate(ICollection<string> faults)
    {
        if (chooseTopic is null)
            TopicName.Check(topic, $"Sink '{Name}'", faults);
        SerdeFault.Check(produced.KeySerde, Name, "key", faults);
        SerdeFault.Check(produced.ValueSerde, Name, "value", faults);
    }

    public override object Create(IOperatorBuilder task) => new SinkProcessor<TKey, TValue>(
        task.ContextFor(this), topic is null ? null : task.FullTopic(topic, isRepartition), chooseTopic, produced, isRepartition, KeepsPosition);
}
