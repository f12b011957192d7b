using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Draws what other applications write to a topology's sources: partitions of unlike rates and lengths, with clocks that go wrong, out of order, late, silent for a
/// while, or empty; records without key or value; transactions that were committed or aborted. Either all there before the run begins, or written while it runs.
/// </summary>
internal static class Feed
{
    private const int Hour = 3_600_000;

    public static List<SimulatedInput> Of(SimulationRandom random, Description description, bool hasAborted)
    {
        var (isLive, keys) = (random.Chance(0.4), random.Between(1, 8));
        var (mostRecords, disorderMs, lateRate) = (random.Pick([5, 20, 40]), random.Pick([0, 2_000, 20_000]), random.Pick([0, 0.02, 0.1]));
        var (nullRate, abortRate) = (random.Pick([0, 0.05]), hasAborted ? random.Pick([0, 0, 0.1]) : 0);
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
                    var skewMs = random.Pick([0, 0, random.Between(-40_000, 40_000)]);
                    var (atMs, count) = (0, random.Between(1, mostRecords));
                    for (var i = 0; i < count; i++)
                    {
                        var jitterMs = random.Chance(lateRate) ? 90_000 : random.Below(disorderMs + 1);
                        var eventMs = isLive ? startMs + atMs : startMs - Hour + (long)(i * 120_000.0 / count);
                        var (key, value) = (random.Pick(keysOf[partition]), Item.Text(random.Below(20)));
                        input.Add(new(
                            new(topic, partition), random.Chance(nullRate) ? null : TestInput.Bytes(key), random.Chance(nullRate) ? null : TestInput.Bytes(value),
                            eventMs + skewMs - jitterMs, isLive ? startMs + atMs : startMs)
                        {
                            Transaction = !random.Chance(abortRate) ? null : random.Pick([TransactionState.Committed, TransactionState.Aborted]),
                        });
                        atMs += random.Between(10, 1_500);
                    }
                }
            }
        }

        return input;
    }

    /// <summary>What is in the source partitions: the records that a reader of committed ones sees.</summary>
    public static Dictionary<TopicPartition, IReadOnlyList<SourceEntry>> Logs(SimulatedCluster cluster, IEnumerable<string> topics) => topics
        .SelectMany(cluster.Partitions)
        .ToDictionary(static p => p.At, static p => (IReadOnlyList<SourceEntry>)p.Committed().Select(static e => new SourceEntry(
            e.Entry.Key is null ? null : Serdes.String.Deserialize(e.Entry.Key), e.Entry.Value is null ? null : Serdes.String.Deserialize(e.Entry.Value), e.Entry.Timestamp, e.Offset)).ToList());
}
