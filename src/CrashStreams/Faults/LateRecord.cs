using CrashStreams.Log;

namespace CrashStreams;

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
