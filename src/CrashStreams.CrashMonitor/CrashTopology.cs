namespace CrashStreams.CrashMonitor;

/// <summary>
/// Counts severe crashes per user in tumbling windows, and reports each user above the threshold when the window closes: once, unless late crashes may
/// correct results (<see cref="CrashMonitorOptions.CorrectWithin"/>).
/// </summary>
public static class CrashTopology
{
    private const string CountsStore = "crash-counts";
    private const string ByUser = "crashes-by-user";
    private const string Final = "final";

    /// <summary>Builds the topology.</summary>
    /// <param name="options">What to look for and where.</param>
    /// <param name="onAlert">Hears of each alert that this instance writes, in the stream thread.</param>
    /// <param name="onCount">With <see cref="CrashMonitorOptions.Debug"/>: hears of each change of a running count, in the stream thread.</param>
    /// <exception cref="TopologyException">The options are not usable.</exception>
    public static Topology Build(CrashMonitorOptions options, Action<CrashAlert>? onAlert = null, Action<Windowed<string>, long>? onCount = null)
    {
        options.Validate();
        var builder = new StreamsBuilder();

        var windows = builder
            .Stream(options.InputTopic, LogSource.Create(options))
            .Filter((_, entry) => entry.IsSevereCrash, "severe-crashes")
            .SelectKey((_, entry) => entry.UserId, "by-user")
            .MapValues(entry => entry.Severity, "severity-only")
            .GroupByKey(new() { Name = ByUser, KeySerde = new UserIdSerde(), ValueSerde = new SeveritySerde() })
            .WindowedBy(TimeWindows.OfSizeAndGrace(options.Window, options.Grace));
        if (options.CorrectWithin is { } within)
            windows = windows.CorrectedWithin(within);
        var counts = windows.Count(CountsStore, "count");

        if (options.Debug && onCount is not null)
            counts.ToStream("running-counts").ForEach(onCount, "debug");

        var alerts = counts
            .Suppress(Suppressed.UntilWindowCloses(), Final)
            .ToStream("final-counts")
            .Filter((_, count) => count > options.Threshold, "above-threshold")
            .Process(static () => new AlertOfCount(), name: "alerts");

        if (onAlert is not null)
            alerts = alerts.Peek((_, alert) => onAlert(alert), "show");
        alerts.To(options.AlertTopic, new() { KeySerde = Serdes.String, ValueSerde = CrashAlertSerde.Instance, Name = "alert-sink" });

        return builder.Build();
    }

    /// <summary>The topics that an application with this id makes for itself, to delete when it is not needed any more.</summary>
    public static IReadOnlyList<string> OwnTopics(string applicationId) =>
    [
        $"{applicationId}-{ByUser}-repartition", $"{applicationId}-{CountsStore}-changelog", $"{applicationId}-{CountsStore}-corrections-changelog",
        $"{applicationId}-{Final}-store-changelog", $"{applicationId}-instances",
    ];
}
