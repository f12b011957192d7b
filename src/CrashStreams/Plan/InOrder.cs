using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>The input of an operator whose results depend on order: with the Watermarks clock it gets its records in the order of event time, with the Observed clock as they come.</summary>
internal sealed class InOrder<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
{
    /// <summary>The records that wait for their turn; not part of descriptions, which are Kafka Streams'.</summary>
    public StoreDefinition Store { get; } = new InputOrderDefinition<TKey, TValue>($"{name}-order", keySerde, valueSerde);

    /// <summary>What a task with a clock needs of it.</summary>
    public IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => mode == StreamTime.Watermarks ? [Store] : [];

    /// <summary>Puts the order in front of an operator of a task.</summary>
    /// <param name="receiver">The operator.</param>
    /// <param name="node">Its node.</param>
    /// <param name="task">Its task.</param>
    /// <param name="among">All inputs of what the operator writes to, when there may be several.</param>
    /// <param name="number">Which of them this is.</param>
    /// <returns>What takes the records.</returns>
    public Receiver<TKey, TValue> Before(Receiver<TKey, TValue> receiver, TopologyNode node, IOperatorBuilder task, OrderedInputs? among = null, int number = 0)
    {
        if (task.Options.Time.Clock != StreamTime.Watermarks)
            return receiver;
        var order = new EventTimeOrder<TKey, TValue>(Store.Name, among, number);
        among?.Add(order);
        order.Attach(task.ContextFor(node));
        order.ConnectTo([receiver]);
        task.Add(order);
        return order;
    }
}
