using System.Globalization;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Batch;

/// <summary>
/// Writes the rows of all windows that end until a time, from the topics, to <c>batch_views/VIEW/date=YYYY-MM-DD/hour=HH/batch.parquet</c>. A later run replaces the files of an earlier one; in
/// between, and after a run that did not end, <see cref="BatchEnd"/> says what counts.
/// </summary>
internal sealed class BatchRun(ILogClients clients, LearningOptions options, IViewStorage storage, TimeProvider time)
{
    private const string FileName = "batch.parquet";

    private readonly ViewFiles _format = new();

    /// <summary>Writes the views of a job. Answers how many rows, and until when they are complete, the earliest first.</summary>
    public async Task<(long Rows, DateTimeOffset End)> RunAsync(Job job, DateTimeOffset until, IProgress<(long, long)>? progress, CancellationToken cancellation)
    {
        var topic = options.TopicOf(job);
        var rows = ViewCatalog.Of(job).ToDictionary(view => view, _ => new SortedDictionary<string, List<ViewRow>>(StringComparer.Ordinal));
        var before = await EndsAsync(topic, cancellation);
        var views = new BatchViews(job, options.Grace, time.GetUtcNow() + options.MaxFuture, before.Keys, Take);
        await TopicScan.ReadAsync(clients, topic, Read, progress, cancellation);

        // As a live run does: a partition that has brought nothing for a while is not waited for.
        await Task.Delay(options.IdleAfter, time, cancellation);
        var active = (await EndsAsync(topic, cancellation)).Where(partition => partition.Value > before.GetValueOrDefault(partition.Key)).Select(partition => partition.Key).ToList();
        var written = 0L;
        var earliest = until;
        foreach (var (view, complete) in views.Finish(active))
        {
            var end = complete < until ? complete : until;
            await WriteAsync(view, rows[view], end, cancellation);
            written += rows[view].Values.Sum(hour => hour.Count);
            earliest = end < earliest ? end : earliest;
        }

        return (written, earliest);

        void Read(TopicPartition partition, in LogRecord record)
        {
            if (before.ContainsKey(partition.Partition))
                views.Add(partition.Partition, in record);
        }

        void Take(ViewRow row)
        {
            if (row.WindowEnd > until)
                return;
            var folder = ViewFiles.Folder(ViewFiles.BatchRoot, row.View, row.WindowStart);
            if (!rows[row.View].TryGetValue(folder, out var hour))
                rows[row.View][folder] = hour = [];
            hour.Add(row);
        }
    }

    // Whenever it is interrupted: what is below the end that is stored is complete.
    private async Task WriteAsync(View view, SortedDictionary<string, List<ViewRow>> hours, DateTimeOffset end, CancellationToken cancellation)
    {
        if (await BatchEnd.ReadAsync(storage, view, cancellation) is { } last && last > end)
            await BatchEnd.WriteAsync(storage, view, end, cancellation);
        var stale = new HashSet<string>();
        await foreach (var (name, _) in storage.ListAsync($"{ViewFiles.BatchRoot}/{view.Name}/", cancellation))
            stale.Add(name);
        stale.Remove(BatchEnd.NameOf(view));
        foreach (var (folder, rows) in hours)
        {
            var name = $"{folder}/{FileName}";
            await storage.PutAsync(name, _format.Write([.. rows.OrderBy(Order, StringComparer.Ordinal)]), cancellation);
            stale.Remove(name);
        }

        foreach (var name in stale)
            await storage.DeleteAsync(name, cancellation);
        await BatchEnd.WriteAsync(storage, view, end, cancellation);
    }

    private static string Order(ViewRow row) => string.Join('\n', row.Values.Select(value => value switch
    {
        DateTimeOffset instant => instant.ToUnixTimeMilliseconds().ToString("D16", CultureInfo.InvariantCulture),
        long number => number.ToString("D19", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    }));

    /// <summary>The ends of the partitions that have records.</summary>
    private async Task<Dictionary<int, long>> EndsAsync(string topic, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("batch");
        var counts = await admin.PartitionCountsAsync([topic], cancellation);
        if (!counts.TryGetValue(topic, out var partitions))
            throw new LogException($"There is no topic '{topic}'. Create it, or name the one that was meant.");
        var offsets = await admin.OffsetsAsync([.. Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition))], cancellation);
        return offsets.Where(partition => partition.Value.End > partition.Value.Start).ToDictionary(partition => partition.Key.Partition, partition => partition.Value.End);
    }
}
