namespace CrashStreams.Conformance.Tests;

/// <summary>The vectors of Kafka Streams 4.3, with the Observed clock, which is its rule.</summary>
public class ConformanceTests(Tally tally) : IClassFixture<Tally>
{
    /// <summary>Those that the catalogue has, and those that there are vectors of.</summary>
    public static TheoryData<string> Topologies => [.. VectorFolder.Topologies.Union(Catalogue.Topologies.Keys).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Topologies))]
    public void Every_case_gives_what_Kafka_Streams_gave(string topology)
    {
        var file = VectorFolder.Require($"{topology}.jsonl");
        var definition = Definition(topology);
        var (failures, cases) = (new List<string>(), new List<string>());
        foreach (var vector in Vector.Read(file))
        {
            var (expected, rules) = definition.ByRules(vector);
            var difference = VectorRun.FirstDifference(definition, expected);
            if (difference is not null)
                failures.Add($"{vector.Name}: {difference}");
            cases.Add(difference is not null ? "failed" : rules.Count > 0 ? $"differs by rule {string.Join(" and ", rules)}" : "passed");
        }

        tally.Add(topology, cases);
        cases.Should().NotBeEmpty("{0} has to have cases", file);
        failures.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Topologies))]
    public void The_description_has_the_nodes_that_Kafka_Streams_describes(string topology)
    {
        var (file, vectors) = (VectorFolder.Require($"{topology}.describe.txt"), VectorFolder.Require($"{topology}.jsonl"));
        var builder = new StreamsBuilder();
        Definition(topology).Build(builder, Vector.Read(vectors).First());
        Normal(builder.Build().Describe()).Should().Be(Normal(File.ReadAllText(file)));

        // Which of several children Kafka Streams names first hangs on Java's hash order; it means nothing.
        static string Normal(string text) => string.Join('\n', text.Trim().Split('\n').Select(line =>
        {
            var arrow = Math.Max(line.IndexOf("--> ", StringComparison.Ordinal), line.IndexOf("<-- ", StringComparison.Ordinal));
            return arrow < 0 ? line.TrimEnd() : line[..(arrow + 4)] + string.Join(", ", line[(arrow + 4)..].Split(", ").Order(StringComparer.Ordinal));
        }));
    }

    private static TopologyDefinition Definition(string topology)
    {
        if (!Catalogue.Topologies.TryGetValue(topology, out var definition))
            Assert.Skip("The catalogue does not have this topology.");
        return definition!;
    }
}
