using System.Text.Json;

namespace CrashStreams.Protocol.Tests;

/// <summary>A request and its answer as captured between a real client and Apache Kafka 4.3, without the length before them.</summary>
public sealed record GoldenFrame(string Client, string Case, short ApiKey, string Api, short ApiVersion, string? Request, string? Response)
{
    public override string ToString() => $"{Api} v{ApiVersion} {Client} {Case}";
}

/// <summary>The frames beside the tests, and all those of the folder in KAFKA_PROTOCOL_FRAMES when it is there.</summary>
public static class GoldenFrames
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static IReadOnlyList<GoldenFrame> All { get; } = Folders().SelectMany(Load).ToList();

    private static IEnumerable<string> Folders()
    {
        yield return Path.Combine(AppContext.BaseDirectory, "frames");
        var repository = AppContext.BaseDirectory;
        while (repository is not null && !File.Exists(Path.Combine(repository, "CrashStreams.sln")))
            repository = Path.GetDirectoryName(repository);
        var folder = Environment.GetEnvironmentVariable("KAFKA_PROTOCOL_FRAMES")
            ?? Path.Combine(repository ?? ".", "../shared/kafka-protocol/frames");
        if (Directory.Exists(folder))
            yield return folder;
    }

    private static IEnumerable<GoldenFrame> Load(string folder) =>
        Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)
            .SelectMany(file => JsonSerializer.Deserialize<List<GoldenFrame>>(File.ReadAllText(file), Options)!);
}
