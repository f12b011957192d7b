using CrashStreams.Broker;
using CrashStreams.Packages.Tests.Documents;
using CrashStreams.Packages.Tests.Packing;

namespace CrashStreams.Packages.Tests;

/// <summary>The README followed to the letter, on a machine that has the packages but not the repository.</summary>
public class ReadmeTests(PackedRepository repository)
{
    private static readonly MarkdownFile _readme = new(Repository.PathOf("README.md"));

    private static string Block(string file) => _readme.Snippets("csharp").Single(snippet => snippet.FileName == file).Code;

    [Fact]
    public async Task The_first_program_shows_busy_users_until_Ctrl_C_and_its_test_passes()
    {
        using var folder = new FreshFolder(repository);
        var commands = _readme.Snippets("sh").First().Code;

        await folder.RunShellAsync(commands);
        folder.Write("Visits/BusyUsers.cs", Block("BusyUsers.cs"));
        folder.Write("Visits/Program.cs", Block("Program.cs"));
        folder.Write("Visits.Tests/BusyUsersTests.cs", Block("BusyUsersTests.cs"));
        folder.Write("Visits.Tests/Visits.Tests.csproj", Project.Tests("../Visits/Visits.csproj", ("CrashStreams.Testing", repository.Version), ("xunit.v3", XunitVersion)));
        await folder.RunAsync("dotnet", "build", "Visits.Tests", "-v", "q", "--nologo");

        using var program = new Command(folder.PathOf("Visits"), folder.PathOf("Visits", "bin", "Debug", "net10.0", "Visits"));
        var tests = folder.RunAsync(folder.PathOf("Visits.Tests", "bin", "Debug", "net10.0", "Visits.Tests"), "-noColor");
        await program.PrintedAsync(output => output.Split("ann: ").Length > 2);
        program.Interrupt();

        (await program.EndAsync()).Should().Be(0, program.Output);
        program.Output.Should().MatchRegex(@"^Counting visits on 127\.0\.0\.1:\d+\. Ctrl-C stops\.\r?\n(ann: \d+ visits\r?\n){2}");
        (await tests).Should().Contain("Total: 1, Errors: 0, Failed: 0");
    }

    [Fact]
    public async Task The_web_application_of_the_hosting_page_answers_a_question_and_is_healthy()
    {
        using var folder = new FreshFolder(repository);
        var page = new MarkdownFile(Repository.PathOf("docs", "hosting.md"));
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("visits");
        await broker.CreateTopicAsync("visit-counts");
        await broker.AppendAsync("visits", 0, ("ann"u8.ToArray(), "/"u8.ToArray()));

        await folder.RunShellAsync(page.Snippets("sh").Single().Code);
        folder.Write("VisitCounts/Program.cs", page.Snippets("csharp").Single(snippet => snippet.IsFile).Code);
        await folder.RunAsync("dotnet", "build", "VisitCounts", "-v", "q", "--nologo");
        using var web = new Command(
            folder.PathOf("VisitCounts"),
            folder.PathOf("VisitCounts", "bin", "Debug", "net10.0", "VisitCounts"),
            "--urls", "http://127.0.0.1:0", "--VisitCounts:Kafka:BootstrapServers", broker.BootstrapServers);
        await web.PrintedAsync(output => output.Contains("visit-counts: Running", StringComparison.Ordinal) && output.Contains("Now listening on: ", StringComparison.Ordinal));
        using var http = new HttpClient { BaseAddress = new Uri(web.Output.Split("Now listening on: ")[1].Split('\n')[0].Trim()) };
        await broker.WaitUntilAsync(async b => await b.EndOffsetAsync("visit-counts", 0) == 1, TimeSpan.FromMinutes(1));

        (await http.GetStringAsync("/visits/ann")).Should().Be("1");
        (await http.GetStringAsync("/health")).Should().Be("Healthy");
        web.Interrupt();
        (await web.EndAsync()).Should().Be(0, web.Output);
        (await broker.MembersAsync("visit-counts")).Should().BeEmpty("it has left its group");
    }

    [Fact]
    public async Task The_broker_is_a_tool()
    {
        using var folder = new FreshFolder(repository);

        await folder.RunAsync("dotnet", "tool", "install", "crashstreams-broker", "--tool-path", "tools", "--version", repository.Version);
        using var broker = new Command(folder.PathOf(), folder.PathOf("tools", "crashstreams-broker"), "--memory", "--port", "0");
        await broker.PrintedAsync(output => output.Contains("ready", StringComparison.Ordinal));
        broker.Interrupt();

        broker.Output.Should().Contain("Kafka broker ready: 127.0.0.1:");
        (await broker.EndAsync()).Should().Be(0, broker.Output);
    }

    private static string XunitVersion => Path.GetFileName(Directory.GetDirectories(Path.Combine(Repository.RestoredPackages, "xunit.v3")).Single());
}
