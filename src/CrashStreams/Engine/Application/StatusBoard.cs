using System.Collections.Concurrent;
using CrashStreams.Telemetry;

namespace CrashStreams.Engine;

/// <summary>
/// What keeps parts of an application from their work, each reported under a name of its own until it is over, and logged quietly. The worst of them is the application's status.
/// </summary>
internal sealed class StatusBoard(QuietLog log)
{
    // Written by the application's threads, read by whoever asks for the status.
    private readonly ConcurrentDictionary<string, ApplicationStatus> _reports = new(StringComparer.Ordinal);

    /// <summary>The worst report, or null when there is none.</summary>
    public ApplicationStatus? Worst
    {
        get
        {
            ApplicationStatus? worst = null;
            foreach (var (_, status) in _reports)
            {
                if (worst is null || Severity(status.Activity) > Severity(worst.Activity))
                    worst = status;
            }

            return worst;
        }
    }

    /// <summary>The worst of the reports and what somebody else says.</summary>
    public ApplicationStatus WorstOf(ApplicationStatus other) => Worst is { } worst && Severity(worst.Activity) >= Severity(other.Activity) ? worst : other;

    /// <summary>Replaces what this part has reported before. What is wrong is logged as well.</summary>
    /// <param name="part">The part, for example a thread's name.</param>
    /// <param name="activity">What it does or waits for.</param>
    /// <param name="detail">The reason, or how far it is.</param>
    public void Report(string part, ApplicationActivity activity, string detail)
    {
        _reports[part] = new(activity, detail);
        if (activity is ApplicationActivity.Connecting or ApplicationActivity.Blocked)
            log.Warn($"{activity} {part}", $"{activity}: {detail}");
    }

    /// <summary>The part does its work.</summary>
    public void Clear(string part) => _reports.TryRemove(part, out _);

    private static int Severity(ApplicationActivity activity) => activity switch
    {
        ApplicationActivity.Blocked => 4,
        ApplicationActivity.Connecting => 3,
        ApplicationActivity.Restoring => 2,
        ApplicationActivity.Joining or ApplicationActivity.PreparingTopics => 1,
        _ => 0,
    };
}
