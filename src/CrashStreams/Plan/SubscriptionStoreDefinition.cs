using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The subscriptions of a foreign-key join.</summary>
internal sealed class SubscriptionStoreDefinition(string name, bool isLogged) : StoreDefinition(name, isLogged)
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
    }

    public override IStateStore Create(StoreContext context) => new SubscriptionStore(Name, context);
}
