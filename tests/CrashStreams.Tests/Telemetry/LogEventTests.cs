using System.Reflection;
using CrashStreams.Tests.Architecture;
using Microsoft.Extensions.Logging;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace CrashStreams.Tests.Telemetry;

/// <summary>What is logged has ids, and docs/logs.md lists them.</summary>
public class LogEventTests
{
    private const string Begin = "<!-- events -->\n";
    private const string End = "<!-- /events -->";

    private static readonly Dictionary<string, int> _hundreds = new() { ["ThreadLog"] = 1, ["StateLog"] = 2, ["TopicLog"] = 3, ["MembershipLog"] = 4 };

    private static List<(string Type, LoggerMessageAttribute Event)> Events =>
    [
        .. typeof(StreamsBuilder).Assembly.GetTypes().SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(static method => (method.DeclaringType!.Name, method.GetCustomAttribute<LoggerMessageAttribute>()!)).Where(static found => found.Item2 is not null).OrderBy(static found => found.Item2.EventId),
    ];

    [Fact]
    public void Every_event_has_an_id_of_its_own_among_those_of_its_subject()
    {
        Events.Should().NotBeEmpty();
        Events.Select(static found => found.Event.EventId).Should().OnlyHaveUniqueItems();
        Events.Should().AllSatisfy(static found => (found.Event.EventId / 100).Should().Be(_hundreds[found.Type], found.Event.Message));
    }

    [Fact]
    public void Nothing_is_logged_without_an_id()
    {
        using var module = ModuleDefinition.ReadModule(typeof(StreamsBuilder).Assembly.Location);

        module.GetTypes().SelectMany(static type => type.Methods).Where(static method => method.HasBody)
            .Where(static method => method.Body.Instructions.Any(static instruction => instruction.OpCode == OpCodes.Call && instruction.Operand is MethodReference { DeclaringType.FullName: "Microsoft.Extensions.Logging.LoggerExtensions" }))
            .Select(static method => method.FullName).Should().BeEmpty("events are declared in src/CrashStreams/Telemetry");
    }

    [Fact]
    public void The_page_lists_every_event()
    {
        var file = Path.Combine(LibraryFolders.RepositoryRoot, "docs", "logs.md");
        var page = File.ReadAllText(file);
        var (start, end) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        var table = $"| id | level | message |\n|---|---|---|\n{string.Concat(Events.Select(static found => $"| {found.Event.EventId} | {found.Event.Level} | {found.Event.Message} |\n"))}";
        if (Environment.GetEnvironmentVariable("CRASHSTREAMS_WRITE_DOCS") == "1")
            File.WriteAllText(file, page[..start] + table + page[end..]);
        else
            page[start..end].Should().Be(table, "./build.sh docs writes it");
    }
}
