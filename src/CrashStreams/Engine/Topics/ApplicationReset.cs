using System.Globalization;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>Where an application that is reset begins to read its source topics.</summary>
public sealed record ResetPoint
{
    private ResetPoint(string text) => Text = text;

    /// <summary>The first record that is there.</summary>
    public static ResetPoint Earliest { get; } = new("the earliest record");

    /// <summary>What is written from now on.</summary>
    public static ResetPoint Latest { get; } = new("the end");

    /// <summary>An offset; where a partition does not have it, the nearest that it has.</summary>
    public static ResetPoint Offset(long offset) => new($"offset {offset}") { At = offset };

    /// <summary>The first record whose time is not before this one.</summary>
    public static ResetPoint Time(DateTimeOffset time) => new($"{time.ToString("O", CultureInfo.InvariantCulture)}") { From = time };

    internal string Text { get; }

    internal long? At { get; private init; }

    internal DateTimeOffset? From { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>What a reset does, or has done.</summary>
/// <param name="Positions">Where each source partition is read from.</param>
/// <param name="DeletedTopics">The application's own topics that are deleted; it creates them again when it starts.</param>
public sealed record ResetPlan(IReadOnlyDictionary<TopicPartition, long> Positions, IReadOnlyList<string> DeletedTopics);

/// <summary>
/// Has an application begin again, as Kafka Streams' application reset tool does: the group's offsets of the source topics are set, the application's own topics are deleted, and so is
/// the state on this machine's storage. Results that were written stay. Storage of other machines is found to be of other topics at the next start, and is emptied then.
/// </summary>
public static class ApplicationReset
{
    /// <summary>Resets an application none of whose instances runs.</summary>
    /// <param name="topology">What it runs.</param>
    /// <param name="options">How it runs; its id and storage count.</param>
    /// <param name="clients">The log.</param>
    /// <param name="point">Where it begins again.</param>
    /// <param name="dryRun">Only finds out what would be done.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="LogException">The group has members, or the log refuses something.</exception>
    /// <exception cref="TopologyException">A source topic does not exist.</exception>
    public static async Task<ResetPlan> RunAsync(Topology topology, StreamsOptions options, ILogClients clients, ResetPoint point, bool dryRun = false, CancellationToken cancellation = default)
    {
        options.Validate();
        using var admin = clients.CreateAdmin($"{options.ApplicationId}-reset-admin");
        var members = await admin.GroupMembersAsync(options.ApplicationId, cancellation).ConfigureAwait(false);
        if (members.Count > 0)
            throw HasMembers(options, string.Join(", ", members.Take(5).Select(static m => $"'{m.ClientId}' at {m.Host}")));

        var own = await OwnTopicsAsync(topology, options, admin, cancellation).ConfigureAwait(false);
        var plan = new ResetPlan(await PositionsAsync(topology, admin, point, cancellation).ConfigureAwait(false), own);
        if (dryRun)
            return plan;

        await Task.Run(() => Commit(options, clients, plan), cancellation).ConfigureAwait(false);
        await admin.DeleteTopicsAsync(own, cancellation).ConfigureAwait(false);
        options.State.Storage?.Clean(options.ApplicationId, TimeSpan.Zero);
        return plan;
    }

    private static async Task<IReadOnlyList<string>> OwnTopicsAsync(Topology topology, StreamsOptions options, ILogAdmin admin, CancellationToken cancellation)
    {
        var names = topology.RepartitionTopics.Keys.Select(t => InternalTopics.FullName(options.ApplicationId, t, true))
            .Concat(Enum.GetValues<StreamTime>().SelectMany(mode => topology.SubTopologies.SelectMany(s => InternalTopics.Changelogs(s, options with { Time = options.Time with { Clock = mode } }))))
            .Append(InstanceDirectory.Topic(options.ApplicationId).Name).Distinct().ToList();
        return [.. (await admin.PartitionCountsAsync(names, cancellation).ConfigureAwait(false)).Keys.Order(StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyDictionary<TopicPartition, long>> PositionsAsync(Topology topology, ILogAdmin admin, ResetPoint point, CancellationToken cancellation)
    {
        var counts = await admin.PartitionCountsAsync(topology.SourceTopics.ToList(), cancellation).ConfigureAwait(false);
        if (topology.SourceTopics.FirstOrDefault(t => !counts.ContainsKey(t)) is { } missing)
            throw new TopologyException($"Source topic '{missing}' does not exist.");
        var partitions = counts.SelectMany(static c => Enumerable.Range(0, c.Value).Select(p => new TopicPartition(c.Key, p))).ToList();
        var ranges = await admin.OffsetsAsync(partitions, cancellation).ConfigureAwait(false);
        if (point.From is { } from)
            return await admin.OffsetsAtAsync(partitions, from.ToUnixTimeMilliseconds(), cancellation).ConfigureAwait(false);
        return ranges.ToDictionary(static r => r.Key, r => point.At is { } at ? Math.Clamp(at, r.Value.Start, r.Value.End) : point == ResetPoint.Latest ? r.Value.End : r.Value.Start);
    }

    // The coordinator takes it only while the group is empty: nothing was deleted when it does not.
    private static void Commit(StreamsOptions options, ILogClients clients, ResetPlan plan)
    {
        using var group = clients.CreateConsumer($"{options.ApplicationId}-reset", options.ApplicationId, readCommitted: true);
        try
        {
            group.Commit(plan.Positions.ToDictionary(static p => p.Key, static p => new OffsetAndMetadata(p.Value, CommittedPosition.Text("", ""))));
        }
        catch (LogException e) when (e.IsFenced)
        {
            throw HasMembers(options, e.Message);
        }
    }

    private static LogException HasMembers(StreamsOptions options, string who) => new(
        $"Application '{options.ApplicationId}' can't be reset while its group has members ({who}). Stop all instances; one that was killed leaves the group when its session has ended.");
}
