namespace CrashStreams.Log;

/// <summary>Gets the records of a scan, each partition's in order.</summary>
public delegate void RecordScanned(TopicPartition partition, in LogRecord record);

/// <summary>Reads all that was in a topic when the scan began.</summary>
public static class TopicScan
{
    private static readonly TimeSpan _maxWait = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads the topic's committed records. Runs on the caller's thread between polls.</summary>
    /// <param name="clients">The log.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="read">Gets each record.</param>
    /// <param name="progress">Hears, after each batch, of the records read and an estimate of all.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="LogException">There is no such topic, or it can't be read.</exception>
    public static async Task ReadAsync(ILogClients clients, string topic, RecordScanned read, IProgress<(long Read, long All)>? progress, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("topic-scan");
        var counts = await admin.PartitionCountsAsync([topic], cancellation).ConfigureAwait(false);
        if (!counts.TryGetValue(topic, out var partitions))
            throw new LogException($"There is no topic '{topic}'. Create it, or name the one that was meant.");
        var all = Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition)).ToList();
        var offsets = await admin.OffsetsAsync(all, cancellation).ConfigureAwait(false);
        var pending = offsets.Where(partition => partition.Value.End > partition.Value.Start).ToDictionary();
        if (pending.Count == 0)
            return;

        using var consumer = clients.CreateRestoreConsumer("topic-scan", readCommitted: true);
        consumer.Assign(pending.ToDictionary(partition => partition.Key, partition => partition.Value.Start));
        var total = pending.Values.Sum(range => range.End - range.Start);
        var done = 0L;
        while (pending.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = consumer.Poll(_maxWait);
            for (var i = 0; i < batch.Count; i++)
            {
                var record = batch[i];
                var partition = batch.Partitions[record.PartitionIndex];
                if (record.Offset >= offsets[partition].End)
                    continue;
                read(partition, in record);
                done++;
            }

            progress?.Report((done, total));
            foreach (var finished in pending.Where(partition => consumer.Position(partition.Key) >= partition.Value.End).ToList())
                pending.Remove(finished.Key);
        }
    }
}
