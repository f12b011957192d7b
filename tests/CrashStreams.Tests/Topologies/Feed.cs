using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Draws what other applications write to a topology's sources: partitions of unlike rates and lengths, with clocks that go wrong, out of order, late, silent for a
/// while, or empty; records without key or value, or whose bytes are no text; transactions that were committed or aborted. Either all there before the run begins, or written while it runs.
/// </summary>
internal static class Feed
{
    private const int Hour = 3_600_000;

    // The one partition that comes back after a silence brings times that nobody else has come to, whatever goes wrong meanwhile: the clock went on without it, and nothing of it is late.
    private const int AheadMs = 300_000;

    private static readonly byte[] _noText = [0xFF, 0xC0];

    public static List<SimulatedInput> Of(SimulationRandom random, Description description, bool hasAborted, out bool hasNight)
    {
        var (isLive, keys) = (random.Chance(0.4) && !(description.HoldsInFrontOfShuffle && description.HasAnswers), random.Between(1, 8));
        var (mostRecords, disorderMs, lateRate) = (random.Pick([5, 20, 40]), random.Pick([0, 2_000, 20_000]), random.Pick([0, 0.02, 0.1]));
        var (nullRate, abortRate) = (random.Pick([0, 0.05]), hasAborted ? random.Pick([0, 0, 0.1]) : 0);
        var (malformedRate, hasSilences) = (random.Pick([0, 0, 0.05]), isLive && random.Chance(0.4) && !description.HoldsInFrontOfShuffle);
        var night = hasSilences && random.Chance(0.5) ? new Night(random) : null;
        hasNight = night is not null;
        if (hasSilences)
            (disorderMs, lateRate) = (0, 0);
        var maySilence = hasSilences && night is null;
        var startMs = SourceRecords.Start.ToUnixTimeMilliseconds();
        var input = new List<SimulatedInput>();
        foreach (var (topic, partitions) in description.StaticTopics)
        {
            for (var i = 0; i < 2 * keys; i++)
            {
                var key = $"k{random.Below(keys)}";
                input.Add(new(new(topic, NaivePartitioner.Of(key, partitions)), TestInput.Bytes(key), random.Chance(0.2) ? null : TestInput.Bytes(Item.Text(random.Below(20))), startMs, startMs));
            }
        }

        foreach (var source in description.Operators.OfType<IEntry>())
        {
            foreach (var (topic, partitions) in source.SourceTopics)
            {
                var keysOf = Enumerable.Range(0, partitions).Select(p => Enumerable.Range(0, keys).Select(k => $"k{k}").Where(k => !source.IsKeyed || NaivePartitioner.Of(k, partitions) == p).ToList()).ToList();
                for (var partition = 0; partition < partitions; partition++)
                {
                    if (random.Chance(0.1) || keysOf[partition].Count == 0)
                        continue;
                    var skewMs = hasSilences ? 0 : random.Pick([0, 0, random.Between(-40_000, 40_000)]);
                    var isSilent = maySilence && random.Chance(0.4);
                    maySilence &= !isSilent;
                    var (atMs, count) = (0, random.Between(1, mostRecords));
                    var wakesAfterMs = random.Between(0, Night.LongestWakingMs);
                    for (var i = 0; i < count; i++)
                    {
                        var jitterMs = random.Chance(lateRate) ? 90_000 : random.Below(disorderMs + 1);
                        var eventMs = isLive ? startMs + (night?.TimeOf(atMs) ?? atMs) : startMs - Hour + (long)(i * 120_000.0 / count);
                        var (key, value, isMalformed) = (random.Pick(keysOf[partition]), Item.Text(random.Below(20)), random.Chance(malformedRate));
                        input.Add(new(
                            new(topic, partition), random.Chance(nullRate) ? null : isMalformed && random.Chance(0.3) ? _noText : TestInput.Bytes(key), isMalformed ? _noText : random.Chance(nullRate) ? null : TestInput.Bytes(value),
                            eventMs + skewMs - jitterMs, isLive ? startMs + (night?.WrittenAt(atMs, wakesAfterMs) ?? atMs) : startMs)
                        {
                            Transaction = !random.Chance(abortRate) ? null : random.Pick([TransactionState.Committed, TransactionState.Aborted]),
                        });
                        atMs += random.Between(10, 1_500);
                        if (isSilent && random.Chance(0.2))
                            (atMs, skewMs) = (atMs + random.Between(6_000, 20_000), AheadMs);
                    }
                }
            }
        }

        return input;
    }

    /// <summary>
    /// All partitions are silent for longer than it takes to be idle, wake within a part of that time, and bring hours of event time within seconds: nobody's clock runs ahead of those that wake last.
    /// </summary>
    private sealed class Night(SimulationRandom random)
    {
        /// <summary>Well below <c>Time.IdleAfter</c>: whoever begins later than that was not waited for.</summary>
        public const int LongestWakingMs = 2_000;

        private const int Faster = 100;

        private readonly int _beginsMs = random.Between(1_000, 20_000);
        private readonly int _lastsMs = random.Between(10_000, 30_000);

        /// <summary>The event time of a record that a partition without nights would have got so many milliseconds after the start.</summary>
        public long TimeOf(int atMs) => atMs < _beginsMs ? atMs : _beginsMs + 1 + ((long)(atMs - _beginsMs) * Faster);

        /// <summary>When it is written.</summary>
        public int WrittenAt(int atMs, int wakesAfterMs) => atMs < _beginsMs ? atMs : _beginsMs + _lastsMs + wakesAfterMs + ((atMs - _beginsMs) / Faster);
    }

    /// <summary>What is in the source partitions: the records that a reader of committed ones sees.</summary>
    public static Dictionary<TopicPartition, IReadOnlyList<SourceEntry>> Logs(SimulatedCluster cluster, IEnumerable<string> topics) => topics
        .SelectMany(cluster.Partitions)
        .ToDictionary(static p => p.At, static p => (IReadOnlyList<SourceEntry>)p.Committed().Select(static e => new SourceEntry(Text(e.Entry.Key), Text(e.Entry.Value), e.Entry.Timestamp, e.Offset)
        {
            IsMalformed = IsNoText(e.Entry.Key) || IsNoText(e.Entry.Value),
            HasValue = e.Entry.Value is not null,
        }).ToList());

    private static bool IsNoText(byte[]? bytes) => bytes is not null && bytes.AsSpan().SequenceEqual(_noText);

    private static string? Text(byte[]? bytes) => bytes is null || IsNoText(bytes) ? null : Serdes.String.Deserialize(bytes);
}
