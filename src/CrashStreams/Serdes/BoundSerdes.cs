namespace CrashStreams;

/// <summary>Binds serdes of stores.</summary>
internal static class BoundSerdes
{
    /// <summary>The serde as a store uses it: its topic is the changelog, and there are no headers.</summary>
    public static Serde<T> InStore<T>(this Serde<T> serde, string store, string? changelog, bool isKey) => serde.Bind(new(changelog ?? store, isKey));
}
