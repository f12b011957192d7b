using System.Globalization;
using CrashStreams.Log;

namespace CrashStreams.Runtime;

/// <summary>A record that missed its window, or claims to come from too far in the future.</summary>
/// <param name="Node">The operator that refused it.</param>
/// <param name="Topic">The topic that the operator's task read it from.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="Timestamp">Its event time, milliseconds.</param>
/// <param name="Window">The window that it missed; null for a record from the future.</param>
/// <param name="By">How late: how far its partition's watermark was past the window's end and grace; for the future: how far ahead.</param>
/// <param name="Reason">
/// The tag under which it is counted: <c>late</c>; <c>late-after-idle</c>, when the window was closed without waiting for its idle partition;
/// <c>future</c>.
/// </param>
public readonly record struct LateRecord(
    string Node, string Topic, int Partition, long Offset, long Timestamp, Window? Window, TimeSpan By, string Reason)
{
    /// <summary>
    /// Where it was read from a source topic, also behind shuffles; null for the result of an earlier window, and behind a shuffle for a record in order
    /// (<c>late-after-idle</c>), which takes nothing along.
    /// </summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>Counts late records, tells the application's callback, and sends them to the late topic where one is configured.</summary>
internal static class LateRecords
{
    public static void Divert(TaskContext task, string node, string reason, long timestamp, long byMs, Window? window, Action<LateRecord>? tell = null)
    {
        task.Dropped.Count(reason, node);
        var current = task.Current;
        var late = new LateRecord(node, current.Topic, current.Partition, current.Offset, timestamp, window, Span(byMs), reason) { Source = current.Source };
        tell?.Invoke(late);
        task.Options.OnLate?.Invoke(late);
        if (task.Options.LateTopic is not { } topic || !current.HasBytes)
            return;
        var headers = new Headers().Add("cs-late-by-ms", byMs.ToString(CultureInfo.InvariantCulture));
        if (window is { } missed)
        {
            headers.Add("cs-window-start", missed.StartMs.ToString(CultureInfo.InvariantCulture))
                .Add("cs-window-end", missed.EndMs.ToString(CultureInfo.InvariantCulture));
        }

        if (late.Source is { } source)
        {
            headers.Add("cs-source-topic", source.Topic)
                .Add("cs-source-partition", source.Partition.ToString(CultureInfo.InvariantCulture))
                .Add("cs-source-offset", source.Offset.ToString(CultureInfo.InvariantCulture));
        }

        FaultPolicy.SendOriginal(task, topic, reason, node, headers);
    }

    // Nanoseconds taken for milliseconds are further away than a TimeSpan reaches (29,000 years).
    private static TimeSpan Span(long ms) => ms < TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond ? TimeSpan.FromMilliseconds(ms) : TimeSpan.MaxValue;
}
