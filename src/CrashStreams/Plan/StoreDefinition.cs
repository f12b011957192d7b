using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A store of a topology: each task that uses it has one of its own.</summary>
internal abstract class StoreDefinition(string name, bool isLogged)
{
    public string Name => name;

    /// <summary>Whether a changelog topic makes the store survive its instance.</summary>
    public bool IsLogged => isLogged;

    /// <summary>What the store is and of which types: stores of one shape have changelogs of one format.</summary>
    public virtual string Shape => $"{GetType().Name.Split('`')[0].Replace("Definition", "", StringComparison.Ordinal)}<{string.Join(", ", GetType().GenericTypeArguments.Select(static t => t.ToString()))}>";

    /// <summary>The serdes of its keys and values, where they are known.</summary>
    public virtual IReadOnlyList<object?> Serdes => [];

    /// <summary>Kafka's topic settings for the changelog.</summary>
    public abstract IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock);

    /// <summary>Its kind and its types, for messages: <c>KeyValueStore of String and Int64</c>.</summary>
    public string Description =>
        $"{GetType().Name.Split('`')[0].Replace("Definition", "", StringComparison.Ordinal)} of {string.Join(" and ", GetType().GetGenericArguments().Select(static a => a.Name))}";

    public abstract void Validate(ICollection<string> faults);

    public abstract IStateStore Create(StoreContext context);
}
