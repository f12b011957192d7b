namespace CrashStreams.Packages.Tests;

/// <summary>What <c>build.sh</c> answers to a command line that it can't follow: a failure, and what there is instead.</summary>
public class BuildScriptTests
{
    [Theory]
    [InlineData("tests", "./build.sh test [NAME...]", "there is no command 'tests'")]
    [InlineData("test Typo", "no test project's name contains 'Typo'", "CrashStreams.Broker.Tests")]
    [InlineData("test Broker Typo", "no test project's name contains 'Typo'")]
    [InlineData("test --filter", "there is no option '--filter'")]
    [InlineData("sim topology", "there is no simulation 'topology'", "./build.sh sim topologies")]
    [InlineData("sim --seeds", "--seeds needs a whole number")]
    [InlineData("sim --seeds many", "--seeds needs a whole number, not 'many'")]
    [InlineData("sim --speed 3", "there is no option '--speed'", "--seeds N")]
    [InlineData("fuzz --frames few", "--frames needs a whole number, not 'few'")]
    [InlineData("bench fast", "there is no benchmark 'fast'", "./build.sh bench quick")]
    [InlineData("bench quick 5", "takes no arguments", "'5'")]
    [InlineData("docs all", "takes no arguments", "'all'")]
    public async Task A_mistake_is_a_failure_that_says_what_there_is(string arguments, params string[] said)
    {
        using var command = new Command(Repository.Root, Repository.PathOf("build.sh"), arguments.Split(' '));

        (await command.EndAsync()).Should().Be(1, command.Output);
        command.Output.Should().ContainAll(said);
    }

    [Fact]
    public async Task Help_names_every_command()
    {
        var script = await File.ReadAllTextAsync(Repository.PathOf("build.sh"), TestContext.Current.CancellationToken);
        var commands = script.Split("\ncase $command in\n")[1].Split('\n').TakeWhile(line => line != "esac")
            .Where(line => line.StartsWith("  ", StringComparison.Ordinal) && char.IsAsciiLetterLower(line[2])).Select(line => line.Trim().Split([')', ' '])[0]).ToList();

        var help = await Command.RunAsync(Repository.Root, Repository.PathOf("build.sh"), "help");

        commands.Should().Contain(["test", "sim", "bench", "help"]);
        help.Should().ContainAll(commands.Select(command => $"./build.sh {command}"));
    }
}
