using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Clickstream;

/// <summary>What is read, how long results wait for late events, and where they go.</summary>
internal sealed record ClickstreamOptions
{
    public string ApplicationId { get; init; } = "clickstream";

    public string Clickstream { get; init; } = "clickstream";

    public string Transactions { get; init; } = "transactions";

    public string PageViews { get; init; } = "page-views";

    public string AnalyticsResults { get; init; } = "analytics-results";

    public string Sessions { get; init; } = "sessions";

    /// <summary>The folder of the files with revenue is below it.</summary>
    public string Out { get; init; } = "out";

    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(5);

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    public int Threads { get; init; } = 1;

    /// <summary>Event times further ahead of the clock are not believed; the input is believed by default.</summary>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromDays(36_500);

    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    public string RevenueFolder => Path.Combine(Out, "revenue");

    /// <summary>Results carry event times: brokers would refuse those ahead of the clock, and delete old ones as soon as they are written.</summary>
    public IReadOnlyList<TopicSpec> Topics(int partitions) =>
    [
        new(Clickstream, partitions, new Dictionary<string, string>()),
        new(Transactions, partitions, new Dictionary<string, string>()),
        .. new[] { PageViews, AnalyticsResults, Sessions }.Select(topic => new TopicSpec(topic, partitions, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" })),
    ];

    /// <param name="storage">Where state is kept between two lives; null: in memory.</param>
    public StreamsOptions ToStreamsOptions(IStateStorage? storage) => new()
    {
        ApplicationId = ApplicationId,
        Threads = Threads,
        // Combined records go on with commits: as often under at-least-once as by default under exactly-once.
        Delivery = { Guarantee = Guarantee, CommitInterval = Guarantee == ProcessingGuarantee.AtLeastOnce ? TimeSpan.FromMilliseconds(100) : null },
        Time = { IdleAfter = IdleAfter, MaxFuture = MaxFuture },
        // Malformed events are counted by their reason, never fatal.
        Faults = { OnDeserialization = FaultResponse.Skip },
        State = { Storage = storage },
    };
}
