using CrashStreams.Log;

namespace CrashStreams.Samples.Flyers;

/// <summary>Where events come in, and where what they make is kept.</summary>
internal sealed record FlyerOptions
{
    public string ApplicationId { get; init; } = "flyers";

    public string Events { get; init; } = "flyer-events";

    public string Redis { get; init; } = "localhost:6379";

    /// <summary>Where the API listens.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    public int Threads { get; init; } = 1;

    /// <summary>The largest body of a request, bytes.</summary>
    public long MaxBodyBytes { get; init; } = 16 * 1024 * 1024;

    public IReadOnlyList<TopicSpec> Topics(int partitions) => [new(Events, partitions, new Dictionary<string, string> { ["retention.ms"] = "-1" })];

    /// <summary>Whoever posts waits for two commits: they come often.</summary>
    public void Configure(StreamsOptions options)
    {
        options.ApplicationId = ApplicationId;
        options.Threads = Threads;
        options.PollWait = TimeSpan.FromMilliseconds(10);
        options.Delivery.Guarantee = Guarantee;
        options.Delivery.CommitInterval = TimeSpan.FromMilliseconds(10);
        options.Faults.OnDeserialization = FaultResponse.Skip;
    }
}
