namespace CrashStreams.Plan;

/// <summary>The text for a serde that nobody gave and the library does not know.</summary>
internal static class SerdeFault
{
    public static void Check<T>(Serde<T>? serde, string where, string what, ICollection<string> faults)
    {
        if (serde is null)
            faults.Add($"'{where}': no serde for the {what} type {typeof(T)}. Set {what.ToUpperInvariant()[0]}{what[1..]}Serde where it is declared (Consumed, Produced, Grouped, Materialized, Repartitioned, AddKeyValueStore), for example to Serdes.Json(MyContext.Default.{typeof(T).Name}).");
    }
}
