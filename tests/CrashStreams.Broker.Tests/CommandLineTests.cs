using System.Text.RegularExpressions;
using CrashStreams.Broker.Cli;

namespace CrashStreams.Broker.Tests;

public partial class CommandLineTests
{
    [Theory]
    [InlineData("--topic-prefix", "tenant:", "*'tenant:' has no prefix*--topic-prefix*")]
    [InlineData("--topic-prefix", "tenant", "*'tenant' is not of the form NAME:TEXT*")]
    [InlineData("--user", "tenant", "*'tenant' is not of the form NAME:TEXT*")]
    public void A_user_whose_restriction_is_half_there_is_refused(string option, string value, string message) =>
        BrokerCommand.Create().Parse(["--memory", "--user", "tenant:secret", option, value]).Errors.Should().ContainSingle().Which.Message.Should().Match(message);

    [Fact]
    public void A_user_with_a_prefix_is_accepted() => BrokerCommand.Create().Parse(["--memory", "--user", "tenant:secret", "--topic-prefix", "tenant:mine-"]).Errors.Should().BeEmpty();

    [Fact]
    public void The_page_on_the_broker_lists_every_option()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "build.sh")))
            folder = folder.Parent!;

        var listed = OptionRow().Matches(File.ReadAllText(Path.Combine(folder.FullName, "docs", "broker.md"))).Select(row => row.Groups[1].Value);

        listed.Should().BeEquivalentTo(BrokerCommand.Create().Options.Select(option => option.Name).Where(name => name is not ("--help" or "--version")));
    }

    [GeneratedRegex(@"^\| `(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionRow();
}
