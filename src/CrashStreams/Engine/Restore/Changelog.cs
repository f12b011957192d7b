using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>A changelog's partition as the log describes it before a restore.</summary>
/// <param name="At">Topic and partition.</param>
/// <param name="Start">The first offset that is there.</param>
/// <param name="End">The offset after the last one.</param>
/// <param name="TopicId">The topic's id; null when the broker gives none.</param>
internal readonly record struct Changelog(TopicPartition At, long Start, long End, string? TopicId)
{
    /// <summary>Asks for several, all in the time of one answer.</summary>
    public static IReadOnlyDictionary<TopicPartition, Changelog> Describe(ILogAdmin admin, IReadOnlyCollection<TopicPartition> partitions)
    {
        var ids = admin.TopicIdsAsync(partitions.Select(static p => p.Topic).Distinct().ToList(), CancellationToken.None);
        var offsets = admin.OffsetsAsync(partitions, CancellationToken.None);
        Task.WhenAll(ids, offsets).GetAwaiter().GetResult();
        return offsets.Result.ToDictionary(static o => o.Key, o => new Changelog(o.Key, o.Value.Start, o.Value.End, ids.Result.GetValueOrDefault(o.Key.Topic)));
    }

    /// <summary>Whether it is another topic of the same name than the one with this id. Where an id is not known nothing is.</summary>
    public bool WasMadeAnewSince(string? topicId) => topicId is not null && TopicId is not null && topicId != TopicId;
}
