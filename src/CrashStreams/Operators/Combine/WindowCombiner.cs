namespace CrashStreams.Operators;

/// <summary>
/// Combines for windows of time. A pane lies between two neighbouring bounds of windows. A record for which a window has closed goes on by itself; of the others no window closes until the last of a
/// partial aggregate was read, so that all are judged like that one.
/// </summary>
internal sealed class WindowCombiner<TKey, TValue, TPartial>(
    TimeWindows windows, Func<TKey, TValue, TPartial> begin, Func<TKey, TValue, TPartial, TPartial> fold, bool foldsNull, Serde<TKey> keySerde, int mostKeys)
    : Combiner<TKey, TValue, TPartial>(keySerde, mostKeys)
{
    private readonly long _paneMs = GreatestCommonDivisor(windows.SizeMs, windows.AdvanceMs);

    protected override bool FoldsNull => foldsNull;

    protected override bool IsLate(long timestamp, long watermark) => windows.FirstStart(timestamp) + windows.SizeMs + windows.GraceMs <= watermark;

    protected override long PaneOf(long timestamp) => timestamp / _paneMs;

    protected override TPartial Begin(in Record<TKey, TValue> record) => begin(record.Key, record.Value);

    protected override void Fold(in Record<TKey, TValue> record, ref Partial partial)
    {
        partial.Aggregate = fold(record.Key, record.Value, partial.Aggregate);
        partial.Timestamp = Math.Max(partial.Timestamp, record.Timestamp);
    }

    private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
