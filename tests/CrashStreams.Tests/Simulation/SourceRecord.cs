using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>A record of the source topic as scenario and oracle see it.</summary>
internal sealed record SourceRecord(int Partition, long Timestamp, string User, bool IsCrash, long WrittenAtMs);

/// <summary>What is written to the source topic. With keys, all records of a user are in one partition.</summary>
internal sealed record Workload(int Partitions, IReadOnlyList<SourceRecord> Records, bool IsKeyed = false);

/// <summary>
/// Source partitions as unlike each other as in real life: of different rates and lengths, with clocks that go wrong, out of order, late, or empty. Either all
/// there before the run begins (a backlog), or written while it runs, about as fast as time goes by; then no partition falls silent for so long
/// that it would count as idle before its end.
/// </summary>
internal static class SourceRecords
{
    public const int MostPartitions = 12;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Records of the source topic and the number of its partitions.</summary>
    public static Workload Of(SimulationRandom random, int partitions)
    {
        var isLive = random.Chance(0.3);
        var (users, mostRecords, disorderMs) = (random.Between(1, 12), random.Pick([5, 20, 60]), random.Pick([0, 5_000, 20_000, 60_000]));
        var lateRate = random.Pick([0, 0.02, 0.1]);
        var startMs = Start.ToUnixTimeMilliseconds();
        var records = new List<SourceRecord>();
        for (var partition = 0; partition < partitions; partition++)
        {
            if (random.Chance(0.1))
                continue;
            var skewMs = random.Pick([0, 0, random.Between(-40_000, 40_000)]);
            var (atMs, count) = (0, random.Between(1, mostRecords));
            for (var i = 0; i < count; i++)
            {
                var jitterMs = random.Chance(lateRate) ? 90_000 : random.Below(disorderMs + 1);
                var eventMs = isLive ? startMs + atMs : startMs - 3_600_000 + (long)(i * 120_000.0 / count);
                records.Add(new(partition, eventMs + skewMs - jitterMs, $"u{random.Below(users)}", random.Chance(0.8), isLive ? startMs + atMs : startMs));
                atMs += random.Between(10, 1_500);
            }
        }

        return new(partitions, records);
    }
}
