using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Apis;

/// <summary>Does asynchronous work for each of some elements, one after the other, and lets others into the loop in between.</summary>
internal static class InTurn
{
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(10);

    /// <param name="items">What there is to do something for.</param>
    /// <param name="timers">Where it goes on when a slice of time is used up.</param>
    /// <param name="act">Does it, and calls back when that is done, in the loop.</param>
    /// <param name="done">Called with the results, in the order of the items.</param>
    public static void Do<TItem, TResult>(IEnumerable<TItem> items, Timers timers, Action<TItem, Action<TResult>> act, Action<List<TResult>> done)
    {
        var left = items.GetEnumerator();
        var results = new List<TResult>();
        Next();

        void Next()
        {
            var started = timers.Timestamp;
            while (left.MoveNext())
            {
                // Work that is done at once goes on here: calls are not to pile up.
                var before = results.Count;
                var isLater = false;
                act(left.Current, result =>
                {
                    results.Add(result);
                    if (isLater)
                        Next();
                });
                isLater = true;
                if (results.Count == before)
                    return;
                if (timers.Elapsed(started) < _slice)
                    continue;
                timers.Schedule(timers.NowMs + 1, Next);
                return;
            }
            left.Dispose();
            done(results);
        }
    }
}
