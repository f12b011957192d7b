using System.Reflection;

namespace CrashStreams.Tests.Architecture;

/// <summary>Who may know whom, from the compiled assemblies.</summary>
public class ArchitectureTests
{
    /// <summary>The library's folders, from the bottom up: each with those that it may use.</summary>
    private static readonly Dictionary<string, string> _arrows = new()
    {
        [LibraryFolders.Root] = "",
        ["Telemetry"] = "(root) Log",
        ["Log"] = "(root)",
        ["Serdes"] = "(root)",
        ["Aggregations"] = "(root) Serdes",
        ["Time"] = "(root) Log",
        ["Stores"] = "(root) Log Serdes Time",
        ["Faults"] = "(root) Log Telemetry Time",
        ["Options"] = "(root) Faults Log Stores Time",
        ["Specs"] = "(root) Faults Log Serdes",
        ["Processing"] = "(root) Faults Options Stores Time",
        ["Operators"] = "(root) Faults Log Options Processing Serdes Specs Stores Telemetry Time",
        ["Plan"] = "(root) Faults Log Operators Options Processing Serdes Specs Stores Time",
        ["Dsl"] = "(root) Aggregations Faults Log Operators Plan Processing Serdes Specs Stores Time",
        ["Engine"] = "(root) Faults Log Operators Options Plan Processing Serdes Specs Stores Telemetry Time",
    };

    [Theory]
    [InlineData("CrashStreams", "")]
    [InlineData("CrashStreams.Testing", "CrashStreams")]
    [InlineData("CrashStreams.Kafka", "CrashStreams CrashStreams.Protocol")]
    [InlineData("CrashStreams.RocksDb", "CrashStreams")]
    [InlineData("CrashStreams.CrashMonitor", "CrashStreams")]
    [InlineData("CrashStreams.Protocol", "")]
    [InlineData("CrashStreams.Broker", "CrashStreams.Protocol")]
    public void An_assembly_knows_only_what_is_below_it(string assembly, string allowed)
    {
        var known = Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("CrashStreams", StringComparison.Ordinal));
        known.Should().BeSubsetOf(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_folder_of_the_library_uses_only_what_is_below_it()
    {
        var uses = LibraryFolders.Uses();
        uses.Keys.Should().BeEquivalentTo(_arrows.Keys, "each folder says what it may use");
        var wrong = uses.SelectMany(folder => folder.Value
            .Where(used => !_arrows[folder.Key].Split(' ').Contains(used.Key))
            .Select(used => $"{folder.Key} -> {used.Key}: {used.Value}"));
        wrong.Should().BeEmpty();
    }

    [Fact]
    public void The_library_needs_no_Kafka_client_and_no_native_code() =>
        Assembly.Load("CrashStreams").GetReferencedAssemblies().Select(a => a.Name).Should().NotContain(n => n!.Contains("Confluent") || n.Contains("Rocks"));
}
