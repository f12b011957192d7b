using System.Text.Json;

namespace CrashStreams.Conformance.Tests;

/// <summary>The crash monitor, in its three forms.</summary>
internal static class CrashMonitors
{
    public static void SuppressFilter(StreamsBuilder builder, Vector vector) => Counted(builder, vector, EmitStrategy.OnWindowUpdate)
        .Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().Filter((_, count) => count > 2).To("crash-alerts");

    public static void FilterSuppress(StreamsBuilder builder, Vector vector) => Counted(builder, vector, EmitStrategy.OnWindowUpdate)
        .Filter((_, count) => count > 2).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("crash-alerts");

    public static void EmitFinal(StreamsBuilder builder, Vector vector) => Counted(builder, vector, EmitStrategy.OnWindowClose)
        .ToStream().Filter((_, count) => count > 2).To("crash-alerts");

    private static KTable<Windowed<string>, long> Counted(StreamsBuilder builder, Vector vector, EmitStrategy emit) => builder
        .Stream("logs", new Consumed<string, string> { TimestampExtractor = new((_, value, _) => Seconds(value) is { } seconds ? seconds * 1000 : -1) })
        .Filter((_, log) => IsSevereCrash(log))
        .SelectKey((_, log) => Field(log, "user_id")!)
        .Repartition(new() { Name = "by-user" })
        .GroupByKey()
        .WindowedBy(Windowings.WindowsOf(vector))
        .Emit(emit)
        .Count(Windowings.Store<long>(vector, "crash-counts"));

    private static bool IsSevereCrash(string log) =>
        Field(log, "severity") is "High" or "Critical" && Field(log, "content")?.Contains("crash", StringComparison.OrdinalIgnoreCase) == true;

    private static long? Seconds(string? log) =>
        Parse(log) is { } json && json.TryGetProperty("timestamp", out var time) && time.ValueKind == JsonValueKind.Number && time.TryGetInt64(out var seconds) ? seconds : null;

    private static string? Field(string? log, string name) =>
        Parse(log) is { } json && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? Parse(string? log)
    {
        try
        {
            return log is not null && JsonDocument.Parse(log).RootElement is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
