using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The store of records of an outer join that wait for a partner.</summary>
internal sealed class OuterJoinStoreDefinition<TKey, TLeft, TRight>(string name, Serde<TKey>? keySerde, Serde<TLeft>? leftSerde, Serde<TRight>? rightSerde, bool isLogged)
    : StoreDefinition(name, isLogged)
    where TKey : notnull
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(leftSerde, Name, "left value", faults);
        SerdeFault.Check(rightSerde, Name, "right value", faults);
    }

    public override IStateStore Create(StoreContext context) => new OuterJoinStore<TKey, TLeft, TRight>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), leftSerde!.InStore(Name, context.ChangelogTopic, isKey: false), rightSerde!.InStore(Name, context.ChangelogTopic, isKey: false), context);
}
