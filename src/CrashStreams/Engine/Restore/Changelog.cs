using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>A changelog's partition as the log describes it before a restore.</summary>
/// <param name="At">Topic and partition.</param>
/// <param name="Start">The first offset that is there.</param>
/// <param name="End">The offset after the last one.</param>
/// <param name="TopicId">The topic's id; null when the broker gives none.</param>
internal readonly record struct Changelog(TopicPartition At, long Start, long End, string? TopicId)
{
    /// <summary>Asks for several, all in the time of one answer, and waits for it.</summary>
    public static IReadOnlyDictionary<TopicPartition, Changelog> Describe(ILogAdmin admin, IReadOnlyCollection<TopicPartition> partitions) =>
        DescribeAsync(admin, partitions).GetAwaiter().GetResult();

    /// <summary>Asks for several, all in the time of one answer.</summary>
    public static async Task<IReadOnlyDictionary<TopicPartition, Changelog>> DescribeAsync(ILogAdmin admin, IReadOnlyCollection<TopicPartition> partitions)
    {
        var asked = (Ids: admin.TopicIdsAsync(partitions.Select(static p => p.Topic).Distinct().ToList(), CancellationToken.None), Offsets: admin.OffsetsAsync(partitions, CancellationToken.None));
        await Task.WhenAll(asked.Ids, asked.Offsets).ConfigureAwait(false);
        var (ids, offsets) = (await asked.Ids.ConfigureAwait(false), await asked.Offsets.ConfigureAwait(false));
        return offsets.ToDictionary(static o => o.Key, o => new Changelog(o.Key, o.Value.Start, o.Value.End, ids.GetValueOrDefault(o.Key.Topic)));
    }

    /// <summary>Whether it is another topic of the same name than the one with this id. Without a known id there is nothing to compare.</summary>
    public bool WasMadeAnewSince(string? topicId) => topicId is not null && TopicId is not null && topicId != TopicId;
}
