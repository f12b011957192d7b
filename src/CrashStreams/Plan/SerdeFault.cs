namespace CrashStreams.Plan;

/// <summary>The text for a serde that nobody gave and the library does not know.</summary>
internal static class SerdeFault
{
    public static void Check<T>(Serde<T>? serde, string where, string what, ICollection<string> faults)
    {
        if (serde is null)
            faults.Add($"'{where}': no serde for the {what} type {typeof(T)}. Pass one (Consumed/Produced/Grouped/Materialized/Repartitioned.With), for example Serdes.Json(MyContext.Default.{typeof(T).Name}).");
    }
}
