using System.Reflection;

namespace CrashStreams.Tests;

/// <summary>Who may know whom, from the compiled assemblies.</summary>
public class ArchitectureTests
{
    [Theory]
    [InlineData("CrashStreams", "")]
    [InlineData("CrashStreams.Testing", "CrashStreams")]
    [InlineData("CrashStreams.Kafka", "CrashStreams")]
    [InlineData("CrashStreams.RocksDb", "CrashStreams")]
    [InlineData("CrashStreams.CrashMonitor", "CrashStreams")]
    [InlineData("CrashStreams.Protocol", "")]
    [InlineData("CrashStreams.Broker", "CrashStreams.Protocol")]
    public void An_assembly_knows_only_what_is_below_it(string assembly, string allowed)
    {
        var known = Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("CrashStreams", StringComparison.Ordinal));
        known.Should().BeSubsetOf(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Who is named in the fields, members and base types of whom. Operators are written against what the runtime gives them, so Processors know Runtime.</summary>
    [Theory]
    [InlineData("Log", "")]
    [InlineData("Time", "Log")]
    [InlineData("State", "Log Time Processors")]
    [InlineData("Processors", "Log Time State Runtime")]
    public void A_folder_of_the_library_knows_only_what_is_below_it(string folder, string allowed)
    {
        string[] folders = ["Log", "Time", "State", "Processors", "Topologies", "Runtime"];
        var types = Assembly.Load("CrashStreams").GetTypes().Where(t => t.Namespace == $"CrashStreams.{folder}").ToList();
        types.Should().NotBeEmpty();
        var known = types.SelectMany(Mentioned).Select(t => t.Namespace).Where(n => n is not null).Distinct()
            .SelectMany(n => folders.Where(f => n == $"CrashStreams.{f}")).Where(f => f != folder);
        known.Should().BeSubsetOf(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_library_needs_no_Kafka_client_and_no_native_code() =>
        Assembly.Load("CrashStreams").GetReferencedAssemblies().Select(a => a.Name).Should().NotContain(n => n!.Contains("Confluent") || n.Contains("Rocks"));

    private static IEnumerable<Type> Mentioned(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var direct = type.GetFields(All).Select(f => f.FieldType)
            .Concat(type.GetMethods(All).SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType)))
            .Concat(type.GetConstructors(All).SelectMany(c => c.GetParameters().Select(p => p.ParameterType)))
            .Concat(type.GetInterfaces());
        return (type.BaseType is { } parent ? direct.Append(parent) : direct).SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.GetGenericArguments().SelectMany(Parts).Append(type);
}
