using CrashStreams.CrashMonitor;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>Shows a running monitor. Counts come from stream threads, everything else from one other; an implementation does not tear what it prints.</summary>
internal interface IMonitorView : IDisposable
{
    /// <summary>Shows the alerts of an interval that is complete.</summary>
    void ShowInterval(IReadOnlyList<CrashAlert> alerts);

    /// <summary>Shows a running count: debug mode.</summary>
    void ShowCount(Windowed<string> user, long count);

    /// <summary>Called several times a second; shows it when it is time to.</summary>
    void ShowStatus(MonitorStatus status);

    /// <summary>Shows the sums, at the end.</summary>
    void ShowEnd(MonitorStatus status);
}
