using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// Tells downstream tasks how far the tasks of a thread are: all tasks of a sub-topology together, one record for each partition that they write to. What that costs is bounded whatever
/// the number of partitions is: a thread with very many tells more seldom.
/// </summary>
internal sealed class WatermarkAnnouncer(StreamsOptions options, AssignedTasks tasks, RecordCollector collector)
{
    // Beyond so many partitions a thread writes a marker each 5 ms, and one more for each 10 records that it writes: 1,000 partitions are told after 5 s, under load after 1 s at 8,000 records a second.
    private const int PartitionsWithoutLimit = 100;
    private const int MsPerMarker = 5;
    private const int RecordsPerMarker = 10;

    private readonly Dictionary<int, (long AtMs, long Written)> _told = [];
    private readonly List<WatermarkMarker> _markers = [];
    private readonly List<Range> _siblings = [];
    private StreamTask[] _counted = [];
    private int _partitions;

    /// <summary>
    /// Tells what has changed, if the last time is long enough ago; with a commit sooner, unless markers are to be rarer than commits. A marker must not overtake what operators hold back
    /// until the commit: their tasks are told of with commits alone.
    /// </summary>
    public void Tell(long nowMs, bool withCommit)
    {
        var all = tasks.InOrder;
        if (!ReferenceEquals(all, _counted))
            Count(all);
        foreach (var range in _siblings)
        {
            var siblings = all.AsSpan(range);
            if ((withCommit || !siblings[0].HoldsBack) && IsDue(siblings[0].Id.SubTopology, nowMs, withCommit))
                Tell(siblings, nowMs);
        }
    }

    /// <summary>How long after a commit it may take until all that was committed has been told, when <paramref name="partitions"/> are written to.</summary>
    public static TimeSpan LongestSilence(StreamsOptions options, int partitions)
    {
        var interval = TimeSpan.FromMilliseconds(partitions > PartitionsWithoutLimit ? (long)partitions * MsPerMarker : 0);
        return !IsToldWithCommits(options) && options.Time.MarkerInterval > interval ? options.Time.MarkerInterval : interval;
    }

    private static bool IsToldWithCommits(StreamsOptions options) => options.Time.MarkerInterval <= options.Delivery.EffectiveCommitInterval;

    private bool IsDue(int subTopology, long nowMs, bool withCommit)
    {
        var (toldAtMs, written) = _told.GetValueOrDefault(subTopology, (long.MinValue / 2, 0));
        var silenceMs = nowMs - toldAtMs;
        return (silenceMs >= options.Time.MarkerInterval.TotalMilliseconds || (withCommit && IsToldWithCommits(options)))
            && (_partitions <= PartitionsWithoutLimit || (silenceMs / MsPerMarker) + ((collector.Written - written) / RecordsPerMarker) >= _partitions);
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

            collector.SendMarkers(siblings[0].Downstream[topic].Topic, _markers);
            _told[siblings[0].Id.SubTopology] = (nowMs, collector.Written);
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
        _siblings.Clear();
        _partitions = 0;
        for (int first = 0, next; first < all.Length; first = next)
        {
            for (next = first + 1; next < all.Length && all[next].Id.SubTopology == all[first].Id.SubTopology;)
                next++;
            if (all[first].Downstream.Count == 0)
                continue;
            _siblings.Add(first..next);
            _partitions += all[first].Downstream.Sum(topic => collector.PartitionCount(topic.Topic));
        }
    }
}
