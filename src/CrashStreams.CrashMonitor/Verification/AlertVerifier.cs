using CrashStreams.Log;

namespace CrashStreams.CrashMonitor;

/// <summary>Checks a run of the monitor: reads the input, recomputes the alerts, reads the alerts, compares.</summary>
public sealed class AlertVerifier(ILogClients clients, CrashMonitorOptions options)
{
    /// <summary>Event times beyond this are lies; see <see cref="AlertOracle"/>. Default: none are.</summary>
    public DateTimeOffset? Latest { get; init; }

    /// <summary>Whether the monitor also closed the last windows, for want of input.</summary>
    public bool EverythingIsClosed { get; init; }

    /// <summary>Reads both topics and compares.</summary>
    /// <param name="inputProgress">Hears of the input records read, and of all.</param>
    /// <param name="alertProgress">Hears of the alerts read, and of all.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="LogException">A topic is missing or can't be read.</exception>
    public async Task<AlertComparison> VerifyAsync(
        IProgress<(long Read, long All)>? inputProgress, IProgress<(long Read, long All)>? alertProgress, CancellationToken cancellation)
    {
        var oracle = new AlertOracle(options, Latest);
        await TopicScan.ReadAsync(clients, options.InputTopic, AddInput, inputProgress, cancellation).ConfigureAwait(false);

        var comparison = new AlertComparison(oracle.Finish(EverythingIsClosed));
        await TopicScan.ReadAsync(clients, options.AlertTopic, AddAlert, alertProgress, cancellation).ConfigureAwait(false);
        return comparison;

        void AddInput(TopicPartition partition, in LogRecord record)
        {
            if (record.HasValue)
                oracle.Add(partition.Partition, record.Value);
        }

        void AddAlert(TopicPartition partition, in LogRecord record) => comparison.Add(record.Value, $"{partition} offset {record.Offset}");
    }
}
