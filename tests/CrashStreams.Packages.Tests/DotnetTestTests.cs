namespace CrashStreams.Packages.Tests;

public class DotnetTestTests
{
    [Fact]
    public async Task A_test_project_runs_with_dotnet_test()
    {
        var output = await Command.RunAsync(
            Repository.Root,
            "dotnet",
            "test", "--project", "tests/CrashStreams.Protocol.Tests", "-c", Repository.Configuration, "--no-build", "--", "--filter-class", "*SupportedApisTests");

        output.Should().Contain("failed: 0").And.MatchRegex(@"succeeded: [1-9]");
    }
}
