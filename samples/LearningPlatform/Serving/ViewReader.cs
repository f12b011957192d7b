using System.Runtime.CompilerServices;
using CrashStreams.Samples.Learning.Batch;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>
/// A view's rows as one result: those of the batch up to its end, and live ones after it.
/// <code>
///        from                    end of the batch                 to
///   ------|==========================|=============================|------> window_end
///            batch_views/VIEW             realtime_views/VIEW
/// </code>
/// Rows come in the order of their windows, an hour of window starts at a time: no more than that is in memory at once.
/// </summary>
internal sealed class ViewReader(IViewStorage storage, RowFiles files)
{
    // Requests to the storage at a time.
    private const int Readers = 16;

    /// <summary>The rows that are asked for.</summary>
    /// <exception cref="IOException">The storage is away.</exception>
    public async IAsyncEnumerable<ViewRow> ReadAsync(ViewQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // A batch that ends meanwhile has these rows as well, and live ones stay where they are: the end that was read first holds for the whole answer.
        var end = await BatchEnd.ReadAsync(storage, query.View, cancellation);
        var seam = Math.Clamp(end?.ToUnixTimeMilliseconds() ?? long.MinValue, query.FromMs, query.ToMs);
        var batch = FindAsync(ViewFiles.BatchRoot, query.View, query.FromMs, seam, cancellation);
        var live = FindAsync(ViewFiles.LiveRoot, query.View, seam, query.ToMs, cancellation);
        var hours = new SortedDictionary<long, List<Part>>();
        Add(hours, await batch, query.FromMs, seam);
        Add(hours, await live, seam, query.ToMs);

        foreach (var parts in hours.Values)
        {
            foreach (var row in await HourAsync(query, parts, cancellation))
                yield return row;
        }
    }

    // Windows that end in (after, until] start in (after - size, until - size].
    private async Task<IReadOnlyList<(long Hour, StoredFile File)>> FindAsync(string root, View view, long afterMs, long untilMs, CancellationToken cancellation)
    {
        var sizeMs = (long)view.Window.Size.TotalMilliseconds;
        return afterMs >= untilMs
            ? []
            : await HourFolders.FindAsync(storage, root, view, HourFolders.HourOf(Math.Max(0, afterMs - sizeMs + 1)), HourFolders.HourOf(untilMs - sizeMs), cancellation);
    }

    private static void Add(SortedDictionary<long, List<Part>> hours, IReadOnlyList<(long Hour, StoredFile File)> found, long afterMs, long untilMs)
    {
        foreach (var (hour, file) in found)
        {
            if (!hours.TryGetValue(hour, out var parts))
                hours[hour] = parts = [];
            parts.Add(new(file, afterMs, untilMs));
        }
    }

    private async Task<IEnumerable<ViewRow>> HourAsync(ViewQuery query, List<Part> parts, CancellationToken cancellation)
    {
        var read = new IReadOnlyList<ViewRow>[parts.Count];
        await Parallel.ForEachAsync(
            parts.Index(), new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = cancellation },
            async (part, stop) => read[part.Index] = await files.ReadAsync(query.View, part.Item.File, stop));
        // Under at-least-once a crash may have written a row twice.
        return parts.Zip(read, static (part, rows) => rows.Where(part.Holds)).SelectMany(static rows => rows)
            .Where(row => query.Filters.All(filter => filter.Matches(row)))
            .Order(RowOrder.Instance)
            .DistinctBy(static row => row, RowOrder.SamePlace);
    }

    /// <summary>A file, and the windows that count of it.</summary>
    private sealed record Part(StoredFile File, long AfterMs, long UntilMs)
    {
        public bool Holds(ViewRow row) => row.WindowEnd.ToUnixTimeMilliseconds() is var end && end > AfterMs && end <= UntilMs;
    }
}
