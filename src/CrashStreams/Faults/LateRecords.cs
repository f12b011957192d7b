using System.Globalization;
using CrashStreams.Log;

namespace CrashStreams.Faults;

/// <summary>Counts late records, tells the application's callback, and sends them to the late topic where one is configured.</summary>
internal static class LateRecords
{
    public static void Divert(IRecordScope task, string node, string reason, long timestamp, long byMs, Window? window, Action<LateRecord>? tell = null)
    {
        task.Dropped.Count(reason, node);
        var current = task.Current;
        var late = new LateRecord(node, current.Topic, current.Partition, current.Offset, timestamp, window, Span(byMs), reason) { Source = current.Source };
        tell?.Invoke(late);
        task.OnLate?.Invoke(late);
        if (task.LateTopic is not { } topic || !current.HasBytes)
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

        SideTopic.Send(task, topic, reason, node, headers);
    }

    // Nanoseconds taken for milliseconds are further away than a TimeSpan reaches (29,000 years).
    private static TimeSpan Span(long ms) => ms < TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond ? TimeSpan.FromMilliseconds(ms) : TimeSpan.MaxValue;
}
