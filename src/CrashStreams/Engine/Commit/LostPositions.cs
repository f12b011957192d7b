using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Telemetry;
using CrashStreams.Time;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Looks, before an instance joins the group, whether the state in the changelogs still has the positions of its inputs. They are gone when offsets expire or are deleted, when a topic
/// is deleted and created again, or when another member of the group commits its own. To go on would count records twice or leave some out, so everything that the state was built
/// from is read again, into emptied stores: each source partition from its beginning, each repartition partition from its present end. One commit without being a member says so to all
/// instances; the coordinator takes it only while the group is empty, so no instance can do it under another's feet. Kafka's own rule (KIP-211) lets offsets vanish in no other case.
/// <para>
/// Inputs that have no offset at a first start get theirs here, all of them at once. So one without among others of its topic was lost, also where nothing else tells that something was read from it.
/// </para>
/// <para>
/// An offset without the application's mark where no state is lost: if others of what hangs together have the mark, the application has committed before, and this one is another member's, who may have passed
/// over records that nobody here has seen; the partition is read as if it had no offset. If none has, somebody has set where the application is to begin.
/// </para>
/// </summary>
internal sealed class LostPositions(Topology topology, StreamsOptions options, InternalTopics topics, OwnPositions own, TimeProvider time, ILogger logger)
{
    private const int Attempts = 10;
    private const int PositionsAtOnce = 1_000;
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly OffsetResets _resets = new(options, topology);
    private readonly List<Part> _parts = Part.Of(topology, options, topics);

    /// <summary>Finds what is lost, and has it built again or refuses to start.</summary>
    /// <exception cref="LogException">State has lost its positions, and must not or can't be built again.</exception>
    public async Task MendAsync(ILogAdmin admin, ILogConsumer group, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var found = await FindAsync(admin, group, cancellation).ConfigureAwait(false);
            if (found.Losses.Count == 0)
            {
                Claim(group, found.Unclaimed);
                return;
            }

            var text = string.Join("; ", found.Losses.Take(5)) + (found.Losses.Count > 5 ? $"; and {found.Losses.Count - 5} more" : "");
            if (options.State.Orphaned == OrphanedState.Fail)
                throw Refusal(text, $"State.{nameof(StateOptions.Orphaned)} is {OrphanedState.Fail}.");
            if (options.State.Orphaned == OrphanedState.RebuildFromWholeInput && found.Truncated.Count > 0)
                throw Refusal(text, $"The state can't be built again whole, because the beginning of {string.Join(", ", found.Truncated.Take(5))} is deleted.");
            try
            {
                group.Commit(found.Restart);
                Claim(group, found.Unclaimed);
                logger.PositionsLost(options.ApplicationId, text, string.Join(", ", found.Sources));
                return;
            }
            catch (LogException e) when (!e.IsRetriable && attempt < Attempts)
            {
                // The group has members: one that started at the same time has done it, or one runs that does not know.
                logger.PositionsNotSet(e, e.Message);
            }
            catch (LogException e) when (!e.IsRetriable)
            {
                throw Refusal(text, $"It can't be built again while the group has members ({e.Message}): stop all instances, and start one.");
            }

            await Task.Delay(_pause, time, cancellation).ConfigureAwait(false);
        }
    }

    // Each commit within what a topic of offsets takes.
    private void Claim(ILogConsumer group, Dictionary<TopicPartition, OffsetAndMetadata> unclaimed)
    {
        try
        {
            foreach (var some in unclaimed.OrderBy(static c => c.Key).Chunk(PositionsAtOnce))
                group.Commit(some.ToDictionary());
        }
        catch (LogException e) when (!e.IsRetriable)
        {
            // The group has members: those who have started earlier have done it, or do it when they begin.
            logger.PositionsNotSet(e, e.Message);
        }
    }

    private LogException Refusal(string losses, string reason) => new(
        $"Group '{options.ApplicationId}' has lost positions that its state in the changelogs belongs to: {losses}. To go on would count records twice or leave some out. {reason} "
        + $"Set State.{nameof(StateOptions.Orphaned)} to {OrphanedState.Rebuild} to build it again from the records that are there, or reset the application.");

    private async Task<Found> FindAsync(ILogAdmin admin, ILogConsumer group, CancellationToken cancellation)
    {
        var inputs = _parts.SelectMany(static p => p.Inputs).Distinct().SelectMany(Partitions).ToList();
        var changelogs = _parts.SelectMany(static p => p.Changelogs).SelectMany(Partitions).ToList();
        // The ends before the positions: what another instance writes later is not passed over.
        var log = await admin.OffsetsAsync([.. inputs, .. changelogs], cancellation).ConfigureAwait(false);
        var committed = group.Committed(inputs).ToDictionary(static c => c.Key, static c => (c.Value, Parsed: CommittedPosition.Parse(c.Value.Metadata)));
        var found = new Found();
        var claimed = committed.Where(c => c.Value.Parsed.IsOwn && !c.Value.Parsed.IsOfOtherInput(topics.IdOf(c.Key.Topic)))
            .GroupBy(static c => c.Key.Topic).ToDictionary(static t => t.Key, static t => t.Max(static c => c.Value.Parsed.Partitions));
        foreach (var component in _parts.GroupBy(static p => p.Component))
        {
            var losses = component.SelectMany(part => Losses(part, claimed, committed, log)).ToList();
            if (losses.Count > 0 && component.Any(static p => p.Changelogs.Count > 0))
            {
                Restart(component, losses, log, found);
                continue;
            }

            TakeOver(component, committed, log);
            foreach (var part in component)
                AddUnclaimed(part, committed, log, found);
        }

        return found;
    }

    private void AddUnclaimed(
        Part part, Dictionary<TopicPartition, (OffsetAndMetadata Position, CommittedPosition Parsed)> committed, IReadOnlyDictionary<TopicPartition, (long Start, long End)> log, Found found)
    {
        foreach (var topic in part.Inputs.Where(t => _resets.WhenMissing(t) != OffsetReset.Fail))
        {
            var start = (TopicPartition input) => _resets.WhenMissing(topic) == OffsetReset.Latest ? log[input].End : log[input].Start;
            foreach (var input in Partitions(topic).Where(p => !committed.ContainsKey(p)))
                found.Unclaimed[input] = new(start(input), CommittedPosition.Text("", topics.PositionText(topic, part.Changelogs)));
        }
    }

    private IEnumerable<string> Losses(
        Part part, Dictionary<string, int> claimed, Dictionary<TopicPartition, (OffsetAndMetadata Position, CommittedPosition Parsed)> committed, IReadOnlyDictionary<TopicPartition, (long Start, long End)> log)
    {
        for (var task = 0; task < part.Tasks.Count; task++)
        {
            var number = task;
            // A task's number is its partition in its changelogs, and the one that its markers give.
            var changelogs = part.Changelogs.Where(c => number < topics.PartitionsOf(c)).ToList();
            var hasTraces = changelogs.Exists(c => log[new(c, number)].End > 0) || part.Repartitions.Any(r => HasHeardOf(r, number, committed, log));
            foreach (var input in part.Tasks.InputsOf(task))
            {
                var wasClaimed = hasTraces || input.Partition < claimed.GetValueOrDefault(input.Topic);
                if (committed.TryGetValue(input, out var position))
                {
                    if (wasClaimed && !position.Parsed.IsOwn)
                        yield return $"offset {position.Position.Offset} of {input} was committed by somebody else";
                    if (hasTraces && position.Parsed.IsOfOtherInput(topics.IdOf(input.Topic)))
                        yield return $"topic '{input.Topic}' was deleted and created again";
                    if (changelogs.Find(c => log[new(c, number)].End == 0 && position.Parsed.IsOfOtherChangelog(c, topics.ChangelogIdOf(c))) is { } changelog)
                        yield return $"changelog '{changelog}' was deleted";
                }
                else if (wasClaimed && log[input].End > 0)
                {
                    yield return $"{input} has no committed offset";
                }
            }
        }
    }

    // A task has written to a repartition topic if those who read it have noted its marker, or if nobody remembers and there is something.
    private bool HasHeardOf(
        string repartition, int writer, Dictionary<TopicPartition, (OffsetAndMetadata Position, CommittedPosition Parsed)> committed, IReadOnlyDictionary<TopicPartition, (long Start, long End)> log)
    {
        var positions = Partitions(repartition).Where(committed.ContainsKey).Select(p => committed[p].Parsed).ToList();
        return positions.Count == 0
            ? Partitions(repartition).Any(p => log.TryGetValue(p, out var range) && range.End > 0)
            : positions.Exists(p => HasHeardOf(p.Time, writer));
    }

    private bool HasHeardOf(string committedTime, int writer)
    {
        var upstream = new UpstreamClock(writer + 1);
        CommittedTime.Restore(committedTime, new(options.Time.Clock, time), upstream);
        return upstream.FloorOf(writer) != TaskClock.Unknown;
    }

    private void TakeOver(
        IEnumerable<Part> component, Dictionary<TopicPartition, (OffsetAndMetadata Position, CommittedPosition Parsed)> committed, IReadOnlyDictionary<TopicPartition, (long Start, long End)> log)
    {
        var positions = component.SelectMany(static p => p.Inputs).Distinct().SelectMany(Partitions).Where(committed.ContainsKey).ToDictionary(static p => p, p => committed[p]);
        var hasCommitted = positions.Values.Any(static p => p.Parsed.IsOwn);
        foreach (var (input, (position, _)) in positions.Where(static p => !p.Value.Parsed.IsOwn))
            own.Remember(input, hasCommitted ? new(Start(input, position, log[input]), CommittedPosition.Text("", "")) : position);
    }

    private long Start(in TopicPartition input, in OffsetAndMetadata theirs, (long Start, long End) log) => _resets.WhenMissing(input.Topic) switch
    {
        OffsetReset.Earliest => log.Start,
        OffsetReset.Latest => log.End,
        _ => throw new LogException($"Offset {theirs.Offset} of {input} was committed by somebody who is not of this application, as a member of group '{options.ApplicationId}', and Delivery.{nameof(DeliveryOptions.OffsetReset)} is {OffsetReset.Fail}: "
            + "stop all instances and reset the application to where it is to begin, or set where partitions without an offset are read from."),
    };

    private void Restart(IEnumerable<Part> component, List<string> losses, IReadOnlyDictionary<TopicPartition, (long Start, long End)> log, Found found)
    {
        found.Losses.AddRange(losses.Distinct());
        foreach (var part in component)
        {
            foreach (var topic in part.Inputs)
            {
                var isSource = !part.ReadRepartitions.Contains(topic);
                if (isSource)
                    found.Sources.Add($"'{topic}'");
                foreach (var partition in Partitions(topic))
                {
                    if (isSource && log[partition].Start > 0)
                        found.Truncated.Add($"{partition} (before {log[partition].Start})");
                    found.Restart[partition] = new(isSource ? log[partition].Start : log[partition].End, CommittedPosition.RebuildText(topics.PositionText(topic, part.Changelogs)));
                }
            }
        }
    }

    private IEnumerable<TopicPartition> Partitions(string topic) => Enumerable.Range(0, topics.PartitionsOf(topic)).Select(p => new TopicPartition(topic, p));

    private sealed class Found
    {
        public List<string> Losses { get; } = [];

        public SortedSet<string> Sources { get; } = new(StringComparer.Ordinal);

        public List<string> Truncated { get; } = [];

        public Dictionary<TopicPartition, OffsetAndMetadata> Restart { get; } = [];

        public Dictionary<TopicPartition, OffsetAndMetadata> Unclaimed { get; } = [];
    }

    /// <summary>A sub-topology by the full names of its topics, and which others it hangs together with through repartition topics.</summary>
    private sealed record Part(IReadOnlyList<string> Inputs, IReadOnlySet<string> ReadRepartitions, IReadOnlyList<string> Repartitions, IReadOnlyList<string> Changelogs, TaskLayout Tasks)
    {
        public int Component { get; private set; }

        public static List<Part> Of(Topology topology, StreamsOptions options, InternalTopics topics)
        {
            string Full(string topic, bool isRepartition) => InternalTopics.FullName(options.ApplicationId, topic, isRepartition);
            var parts = topology.SubTopologies.Where(static s => s.Sources.Any()).Select(s => new Part(
                s.Sources.SelectMany(n => n.Topics.Select(t => Full(t, n.IsRepartition))).Distinct().ToList(),
                s.Sources.Where(static n => n.IsRepartition).SelectMany(n => n.Topics.Select(t => Full(t, true))).ToHashSet(),
                s.Sinks.Where(static k => k.IsRepartition).Select(k => Full(k.Topic!, true)).Distinct().ToList(),
                InternalTopics.Changelogs(s, options),
                topics.TasksOf(s))).ToList();
            for (var i = 0; i < parts.Count; i++)
                parts[i].Component = i;
            foreach (var (writer, reader) in parts.SelectMany(w => parts.Where(r => w.Repartitions.Any(r.ReadRepartitions.Contains)).Select(r => (w, r))))
            {
                var (from, to) = (reader.Component, writer.Component);
                foreach (var part in parts.Where(p => p.Component == from))
                    part.Component = to;
            }

            return parts;
        }
    }
}
