using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>A table whose keys come and go: crashes since a user's last fine line, without a shuffle, so that the order is that of the partition.</summary>
internal sealed class TableScenario : Scenario
{
    public override string Name => "table";

    protected override IReadOnlyDictionary<string, int> ResultTopics { get; } = new Dictionary<string, int> { ["streaks"] = 2 };

    protected override Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, long>("streaks")
            .Stream<string, string>("logs")
            .Process(() => new Streaks(), ["streaks"], "streak")
            .To("streaks");
        return builder.Build();
    }

    protected override int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var (streaks, updates) = (new Dictionary<string, long>(), new List<(string, long)>());
        foreach (var record in source)
        {
            var key = KeyOf(record.Partition, record.User);
            if (record.IsCrash)
                updates.Add((key, streaks[key] = streaks.GetValueOrDefault(key) + 1));
            else
                streaks.Remove(key);
        }

        var stored = Rows.KeyValueChangelog(cluster, "app-streaks-changelog");
        if (isExact)
        {
            CompareSets("streaks", streaks, stored, violations);
            CompareSets("updates", updates, Rows.Committed(cluster, "streaks").Select(e => (Serdes.String.Deserialize(e.Key), Serdes.Int64.Deserialize(e.Value))), violations);
        }
        else
        {
            CompareSets("users with a streak", streaks.Keys, stored.Keys, violations);
            violations.AddRange(streaks.Where(s => stored.GetValueOrDefault(s.Key) < s.Value).Select(s => $"streaks: lost {s}"));
        }

        return updates.Count;
    }

    private static string KeyOf(int partition, string user) => $"{partition}-{user}";

    private sealed class Streaks : Processor<string, string, string, long>
    {
        private IKeyValueStore<string, long> _streaks = null!;

        protected override void Init() => _streaks = Context.KeyValueStore<string, long>("streaks");

        public override void Process(in Record<string, string> record)
        {
            var words = record.Value.Split(' ');
            var key = KeyOf(Context.Partition, words[0]);
            if (words[1] != "crash")
            {
                _streaks.Delete(key);
                return;
            }

            var count = _streaks.TryGet(key, out var before) ? before + 1 : 1;
            _streaks.Put(key, count);
            Forward(new Record<string, long>(key, count, record.Timestamp, record.Headers));
        }
    }
}
