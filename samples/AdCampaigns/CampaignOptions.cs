using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams.Samples.AdCampaigns;

/// <summary>What is read, how long results wait for late events, and where they go.</summary>
internal sealed record CampaignOptions
{
    public string ApplicationId { get; init; } = "ad-campaigns";

    public string Events { get; init; } = "events";

    public string Ads { get; init; } = "ads";

    public string Results { get; init; } = "results";

    public TimeSpan Grace { get; init; } = TimeSpan.Zero;

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.AtLeastOnce;

    public int Threads { get; init; } = 1;

    /// <summary>Event times further ahead of the clock are not believed; the input is believed by default.</summary>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromDays(36_500);

    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The broker says when a result was written: its latency is measured by that.</summary>
    public IReadOnlyList<TopicSpec> Topics(int partitions) =>
    [
        new(Events, partitions, new Dictionary<string, string>()),
        new(Ads, 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact" }),
        new(Results, partitions, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" }),
    ];

    /// <param name="storage">Where state is kept between two lives; null: in memory.</param>
    public StreamsOptions ToStreamsOptions(IStateStorage? storage) => new()
    {
        ApplicationId = ApplicationId,
        Threads = Threads,
        // A result waits for one transaction at the shuffle and one of its own.
        Delivery = { Guarantee = Guarantee, CommitInterval = Guarantee == ProcessingGuarantee.ExactlyOnce ? TimeSpan.FromMilliseconds(20) : null },
        // A window closes when all partitions have said that they are past it: often, because here latency counts more than bytes.
        Time = { IdleAfter = IdleAfter, MaxFuture = MaxFuture, MarkerInterval = TimeSpan.FromMilliseconds(5) },
        // Malformed events are counted by their reason, never fatal.
        Faults = { OnDeserialization = FaultResponse.Skip },
        State = { Storage = storage },
    };
}
