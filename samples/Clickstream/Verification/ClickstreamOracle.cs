using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Clickstream.Verification;

/// <summary>
/// Recomputes all results from the events, with lists and loops and nothing of the engine or of the topology. An event is late for a window when the highest event time read from its partition
/// so far, its own included, has come to the window's end + the grace. A row has to be there when all partitions have come so far, and may be when some have.
/// </summary>
internal sealed class ClickstreamOracle(TimeSpan grace, DateTimeOffset latest)
{
    private const long Minute = 60_000;
    private const long Bound = 10 * Minute;
    private const long Gap = 30 * Minute;

    private readonly long _graceMs = (long)grace.TotalMilliseconds;
    private readonly List<ShopEvent> _clicks = [];
    private readonly List<ShopEvent> _purchases = [];
    private readonly Dictionary<(bool IsClick, int Partition), long> _watermarks = [];

    public long Events { get; private set; }

    /// <summary>Events that were malformed, or too far in the future.</summary>
    public long Refused => Events - _clicks.Count - _purchases.Count;

    /// <summary>Takes the next event of a partition, in the order of offsets.</summary>
    public void Add(bool isClick, int partition, byte[] value)
    {
        Events++;
        if (ShopEvent.Read(isClick, value) is not { } read || read.TimeMs < 0 || read.TimeMs > latest.ToUnixTimeMilliseconds())
            return;
        var watermark = _watermarks[(isClick, partition)] = Math.Max(_watermarks.GetValueOrDefault((isClick, partition)), read.TimeMs);
        (isClick ? _clicks : _purchases).Add(read with { Watermark = watermark, Partition = partition });
    }

    /// <summary>Views and distinct users per product and category, one minute.</summary>
    public void ExpectPageViews(RowCheck check)
    {
        var inTime = _clicks.Where(click => click.Watermark < Start(click.TimeMs, Minute) + Minute + _graceMs);
        foreach (var page in inTime.GroupBy(click => (Start: Start(click.TimeMs, Minute), click.Product, click.Category)))
        {
            Expect(check, page.Key.Start + Minute + _graceMs, ofClicks: true, ofPurchases: false, RowText.Of(
                ("window_start", Time(page.Key.Start)), ("window_end", Time(page.Key.Start + Minute)), ("product_id", page.Key.Product), ("category", page.Key.Category),
                ("view_count", page.Count()), ("unique_users", page.Select(click => click.User).Distinct().Count())));
        }
    }

    /// <summary>Revenue per category, five minutes.</summary>
    public void ExpectRevenue(RowCheck check)
    {
        const long Window = 5 * Minute;
        var inTime = _purchases.Where(purchase => purchase.Watermark < Start(purchase.TimeMs, Window) + Window + _graceMs);
        foreach (var category in inTime.GroupBy(purchase => (Start: Start(purchase.TimeMs, Window), purchase.Category)))
        {
            var sum = category.Sum(purchase => purchase.Amount);
            Expect(check, category.Key.Start + Window + _graceMs, ofClicks: false, ofPurchases: true, RowText.Of(
                ("window_start", Time(category.Key.Start)), ("window_end", Time(category.Key.Start + Window)), ("category", category.Key.Category),
                ("transaction_count", category.Count()), ("total_revenue", sum), ("avg_transaction", Math.Round(sum / category.Count(), 10))));
        }
    }

    /// <summary>Clicks with the purchases of the same user and product in the ten minutes after them, per product, five minutes of the clicks' times.</summary>
    public void ExpectAnalytics(RowCheck check)
    {
        const long Window = 5 * Minute;
        var purchases = _purchases.ToLookup(purchase => (purchase.User, purchase.Product));
        foreach (var window in _clicks.GroupBy(click => (Start: Start(click.TimeMs, Window), click.Product)))
        {
            var closes = window.Key.Start + Window + Bound + _graceMs;
            var following = window.Where(click => click.Watermark < closes)
                .Select(click => purchases[(click.User, click.Product)].LongCount(p => p.TimeMs >= click.TimeMs && p.TimeMs <= click.TimeMs + Bound && p.Watermark < closes)).ToList();
            if (following.Count == 0)
                continue;
            var (rows, pairs) = (following.Sum(count => Math.Max(1, count)), following.Sum());
            Expect(check, closes, ofClicks: true, ofPurchases: true, RowText.Of(
                ("window_start", Time(window.Key.Start)), ("window_end", Time(window.Key.Start + Window)), ("product_id", window.Key.Product), ("clicks", rows), ("purchases", pairs),
                ("conversion_rate", Math.Round((decimal)pairs / rows, 6)), ("unique_clicks", following.Count), ("converted_clicks", following.Count(count => count > 0))));
        }
    }

    /// <summary>Events of a session id, at most half an hour apart, in the order in which a run that watches all partitions at once sees them.</summary>
    public void ExpectSessions(RowCheck check)
    {
        var seen = _clicks.Select((click, order) => (click, order)).OrderBy(e => e.click.Watermark).ThenBy(e => e.click.TimeMs).ThenBy(e => e.click.Partition).ThenBy(e => e.order).Select(e => e.click);
        foreach (var id in seen.GroupBy(click => click.Session))
        {
            var sessions = new List<(long Start, long End, long Count)>();
            foreach (var click in id)
            {
                var closedBefore = click.Watermark - Gap - _graceMs;
                var touching = sessions.FindAll(s => s.End >= closedBefore && s.Start - Gap <= click.TimeMs && click.TimeMs <= s.End + Gap);
                var merged = touching.Aggregate((Start: click.TimeMs, End: click.TimeMs, Count: 1L), (sum, s) => (Math.Min(sum.Start, s.Start), Math.Max(sum.End, s.End), sum.Count + s.Count));
                if (merged.End < closedBefore)
                    continue;
                sessions.RemoveAll(touching.Contains);
                sessions.Add(merged);
            }

            foreach (var (start, end, count) in sessions)
            {
                Expect(check, end + Gap + _graceMs + 1, ofClicks: true, ofPurchases: false, RowText.Of(
                    ("session_id", id.Key), ("start", Time(start)), ("end", Time(end)), ("event_count", count), ("duration_seconds", (end - start) / 1000), ("status", "completed")));
            }
        }
    }

    private void Expect(RowCheck check, long closes, bool ofClicks, bool ofPurchases, string row)
    {
        var watermarks = _watermarks.Where(input => input.Key.IsClick ? ofClicks : ofPurchases).Select(input => input.Value).ToList();
        if (closes <= watermarks.Max())
            check.Expect(row, isDue: closes <= watermarks.Min());
    }

    private static long Start(long timeMs, long window) => timeMs / window * window;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
