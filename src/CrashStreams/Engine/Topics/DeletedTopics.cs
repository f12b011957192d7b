using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Finds out whether topics that the application reads, or its own, are gone or were made anew. Nothing that a thread does mends that, so the application has to end, and say
/// which. Topics that results go to are not looked at: what to do about a result that can't be written is the user's choice (<see cref="FaultOptions.OnProduction"/>).
/// </summary>
internal sealed class DeletedTopics(Topology topology, InternalTopics topics, StreamsOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>How long to wait until the log is asked again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Brokers that are away say nothing about topics, and the thread will meet them anyway.
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(5);

    /// <summary>Asks until all are there, or one was missing for long enough to count as deleted. Null: nothing is wrong, or nobody knows.</summary>
    public async Task<TopologyException?> FindAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var found = await LookAtAllAsync(admin, cancellation).ConfigureAwait(false);
            if (found.IsNothing)
                return null;
            if (found.IsCertain || time.GetElapsedTime(start) >= options.DeletedAfter)
                return Exception(found);
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Which of these topics are missing, and which have another id than when the application started.</summary>
    public async Task<Changes> LookAsync(ILogAdmin admin, IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        var counts = admin.PartitionCountsAsync(names, cancellation);
        var ids = admin.TopicIdsAsync(names, cancellation);
        await Task.WhenAll(counts, ids).ConfigureAwait(false);
        var existing = await counts.ConfigureAwait(false);
        var now = await ids.ConfigureAwait(false);
        return new(
            [.. names.Where(t => !existing.ContainsKey(t))],
            [.. names.Where(t => topics.IdOf(t) is { } id && now.TryGetValue(t, out var other) && other != id)]);
    }

    /// <summary>Says which topics are gone, and what to do.</summary>
    public TopologyException Exception(Changes changes)
    {
        var inputs = changes.Missing.Where(topology.SourceTopics.Contains).ToList();
        var own = changes.Missing.Except(inputs).ToList();
        var text = new List<string>();
        if (inputs.Count > 0)
            text.Add($"Input topic(s) {Names(inputs)} were deleted while the application was running. Create them again and start it again.");
        if (own.Count > 0)
        {
            text.Add($"The application's own topic(s) {Names(own)} were deleted while it was running. Start it again: it makes them anew, without the state (-changelog) " +
                "or the records on their way (-repartition) that were in them.");
        }

        if (changes.Anew.Count > 0)
        {
            text.Add($"Topic(s) {Names(changes.Anew)} were deleted and made anew while the application was running, and its positions may be those of the old ones. " +
                $"Start it again: positions of group '{options.ApplicationId}' that are of the old ones are not used, and state is built again from what the topics have now.");
        }

        return new TopologyException(string.Join(' ', text));
    }

    private async Task<Changes> LookAtAllAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_answerWithin);
            return await LookAsync(admin, topics.All, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LogException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            logger.DeletionUnknown(e);
            return new([], []);
        }
    }

    private static string Names(IEnumerable<string> topics) => string.Join(", ", topics.Order(StringComparer.Ordinal).Select(t => $"'{t}'"));

    /// <summary>What was found.</summary>
    /// <param name="Missing">Not there now: a broker may be late to hear of a topic, or it is being made anew.</param>
    /// <param name="Anew">There, and not the ones they were.</param>
    internal readonly record struct Changes(IReadOnlyCollection<string> Missing, IReadOnlyCollection<string> Anew)
    {
        public bool IsNothing => Missing.Count + Anew.Count == 0;

        public bool IsCertain => Anew.Count > 0;
    }
}
