using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>A copy of the input into a topic that refuses some users' records, each with its whole batch: the others are there, once each under exactly-once.</summary>
internal sealed class RefusedScenario : Scenario
{
    private const string Results = "copies";

    public override string Name => "refused";

    protected override IReadOnlyDictionary<string, int> ResultTopics { get; } = new Dictionary<string, int> { [Results] = 3 };

    protected override Func<string, SimulatedEntry, bool> Refuses => static (topic, entry) => topic == Results && entry.Key is { } key && IsRefused(Serdes.String.Deserialize(key));

    protected override FaultResponse OnProductionFault => FaultResponse.Skip;

    protected override Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("logs").SelectKey((_, line) => line.Split(' ')[0]).To(Results);
        return builder.Build();
    }

    protected override int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var expected = source.Where(r => !IsRefused(r.User)).Select(r => (r.User, r.Timestamp)).ToList();
        var written = Rows.Committed(cluster, Results).Select(e => (Serdes.String.Deserialize(e.Key), e.Timestamp)).ToList();
        if (isExact)
            CompareSets(Results, expected, written, violations);
        else
            CompareSets(Results, expected.Distinct(), written.Distinct(), violations);
        return expected.Count;
    }

    private static bool IsRefused(string user) => user.EndsWith('1');
}
