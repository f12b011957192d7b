using System.Reflection;

namespace CrashStreams.Tests;

/// <summary>Who may know whom, from the compiled assemblies.</summary>
public class ArchitectureTests
{
    [Theory]
    [InlineData("CrashStreams", "")]
    [InlineData("CrashStreams.Testing", "CrashStreams")]
    [InlineData("CrashStreams.Kafka", "CrashStreams")]
    [InlineData("CrashStreams.CrashMonitor", "CrashStreams")]
    [InlineData("CrashStreams.Protocol", "")]
    [InlineData("CrashStreams.Broker", "CrashStreams.Protocol")]
    public void An_assembly_knows_only_what_is_below_it(string assembly, string allowed)
    {
        var known = Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("CrashStreams", StringComparison.Ordinal));
        known.Should().BeSubsetOf(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_library_needs_no_Kafka_client_and_no_native_code() =>
        Assembly.Load("CrashStreams").GetReferencedAssemblies().Select(a => a.Name).Should().NotContain(n => n!.Contains("Confluent") || n.Contains("Rocks"));
}
