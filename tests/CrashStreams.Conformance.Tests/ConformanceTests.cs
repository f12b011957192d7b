namespace CrashStreams.Conformance.Tests;

/// <summary>The vectors of Kafka Streams 4.3, with the Observed clock, which is its rule.</summary>
public class ConformanceTests
{
    public static TheoryData<string> Topologies()
    {
        var data = new TheoryData<string>();
        if (Directory.Exists(VectorFolder.Path))
            data.AddRange(Directory.GetFiles(VectorFolder.Path, "*.jsonl").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal).ToArray());
        else
            data.Add("(no vectors)");
        return data;
    }

    [Theory]
    [MemberData(nameof(Topologies))]
    public void Every_case_gives_what_Kafka_Streams_gave(string topology)
    {
        if (!Directory.Exists(VectorFolder.Path))
            Assert.Skip($"{VectorFolder.Path} does not exist; set CRASHSTREAMS_CONFORMANCE to the folder of the vectors.");
        if (!Catalogue.Topologies.TryGetValue(topology, out var definition))
            Assert.Skip("The catalogue does not have this topology yet.");

        var failures = new List<string>();
        var byRule = new List<int>();
        var total = 0;
        foreach (var vector in Vector.Read(Path.Combine(VectorFolder.Path, $"{topology}.jsonl")))
        {
            total++;
            if (definition.DiffersByRule(vector) is { } rule)
            {
                byRule.Add(rule);
                continue;
            }

            if (VectorRun.FirstDifference(definition, vector) is { } difference)
                failures.Add($"{vector.Name}: {difference}");
        }

        var rules = string.Concat(byRule.CountBy(r => r).Select(r => $" / {r.Value} differs by rule {r.Key}"));
        Console.WriteLine($"{topology}: {total - failures.Count - byRule.Count} passed{rules} / {total}");
        failures.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Topologies))]
    public void The_description_has_the_nodes_that_Kafka_Streams_describes(string topology)
    {
        var file = Path.Combine(VectorFolder.Path, $"{topology}.describe.txt");
        if (!Catalogue.Topologies.TryGetValue(topology, out var definition) || !File.Exists(file))
        {
            Assert.Skip("The catalogue does not have this topology yet.");
            return;
        }


        var vector = Vector.Read(Path.Combine(VectorFolder.Path, $"{topology}.jsonl")).First();
        var builder = new StreamsBuilder();
        definition.Build(builder, vector);
        Normal(builder.Build().Describe()).Should().Be(Normal(File.ReadAllText(file)));

        // Which of several children Kafka Streams names first hangs on Java's hash order; it means nothing.
        static string Normal(string text) => string.Join('\n', text.Trim().Split('\n').Select(line =>
        {
            var arrow = Math.Max(line.IndexOf("--> ", StringComparison.Ordinal), line.IndexOf("<-- ", StringComparison.Ordinal));
            return arrow < 0 ? line.TrimEnd() : line[..(arrow + 4)] + string.Join(", ", line[(arrow + 4)..].Split(", ").Order(StringComparer.Ordinal));
        }));
    }
}
