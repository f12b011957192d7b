using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// Tells downstream tasks how far the tasks of a thread are: all tasks of a sub-topology together, one record for each partition that they write to. What that costs is bounded whatever
/// the number of partitions is: a thread with very many tells more seldom.
/// </summary>
internal sealed class WatermarkAnnouncer(StreamsOptions options, AssignedTasks tasks, RecordCollector collector)
{
    // Beyond so many partitions a thread spends one record a millisecond on markers: 1,000 partitions are told once a second.
    private const int PartitionsWithoutLimit = 100;

    private readonly Dictionary<int, long> _toldAtMs = [];
    private readonly List<WatermarkMarker> _markers = [];
    private StreamTask[] _counted = [];
    private long _budgetMs;

    /// <summary>
    /// Tells what has changed, if the last time is long enough ago; with a commit sooner, unless markers are to be rarer than commits. A marker must not overtake what operators hold back
    /// until the commit: their tasks are told of with commits alone.
    /// </summary>
    public void Tell(long nowMs, bool withCommit)
    {
        var all = tasks.InOrder;
        if (!ReferenceEquals(all, _counted))
            Count(all);
        for (int first = 0, next; first < all.Length; first = next)
        {
            var subTopology = all[first].Id.SubTopology;
            for (next = first + 1; next < all.Length && all[next].Id.SubTopology == subTopology;)
                next++;
            if (all[first].Downstream.Count > 0 && (withCommit || !all[first].HoldsBack) && IsDue(subTopology, nowMs, withCommit))
                Tell(all.AsSpan(first, next - first), nowMs);
        }
    }

    /// <summary>How long after a commit it may take until all that was committed has been told, when <paramref name="partitions"/> are written to.</summary>
    public static TimeSpan LongestSilence(StreamsOptions options, int partitions)
    {
        var interval = TimeSpan.FromMilliseconds(BudgetMs(partitions));
        return !IsToldWithCommits(options) && options.Time.MarkerInterval > interval ? options.Time.MarkerInterval : interval;
    }

    private static bool IsToldWithCommits(StreamsOptions options) => options.Time.MarkerInterval <= options.Delivery.EffectiveCommitInterval;

    private static long BudgetMs(int partitions) => partitions > PartitionsWithoutLimit ? partitions : 0;

    private bool IsDue(int subTopology, long nowMs, bool withCommit)
    {
        var silenceMs = nowMs - _toldAtMs.GetValueOrDefault(subTopology, long.MinValue / 2);
        return silenceMs >= _budgetMs && (silenceMs >= options.Time.MarkerInterval.TotalMilliseconds || (withCommit && IsToldWithCommits(options)));
    }

    private void Tell(ReadOnlySpan<StreamTask> siblings, long nowMs)
    {
        for (var topic = 0; topic < siblings[0].Downstream.Count; topic++)
        {
            if (!HasNews(siblings, topic, nowMs))
                continue;
            foreach (var task in siblings)
            {
                var progress = task.Downstream[topic].ProgressOf(task.Progress);
                if (task.State == TaskState.Running && task.Downstream[topic].JoinsIn(in progress, nowMs))
                    _markers.Add(new(task.Id.Partition, progress.Watermark, progress.IsIdle, progress.Floor));
            }

            _toldAtMs[siblings[0].Id.SubTopology] = nowMs;
            collector.SendMarkers(siblings[0].Downstream[topic].Topic, _markers);
            _markers.Clear();
        }
    }

    private static bool HasNews(ReadOnlySpan<StreamTask> siblings, int topic, long nowMs)
    {
        foreach (var task in siblings)
        {
            if (task.State == TaskState.Running && task.Downstream[topic].HasNews(task.Downstream[topic].ProgressOf(task.Progress), nowMs))
                return true;
        }

        return false;
    }

    private void Count(StreamTask[] all)
    {
        _counted = all;
        _budgetMs = BudgetMs(all.DistinctBy(static t => t.Id.SubTopology).SelectMany(static t => t.Downstream).Sum(topic => collector.PartitionCount(topic.Topic)));
    }
}
