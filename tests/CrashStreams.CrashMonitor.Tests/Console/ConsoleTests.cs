using System.Text.RegularExpressions;

namespace CrashStreams.CrashMonitor.Tests;

public class ConsoleTests
{
    [Fact]
    public async Task Where_no_Kafka_answers_it_says_what_it_tried_and_what_to_do()
    {
        var (exitCode, _, error) = await CrashMonitorProcess.RunAsync("verify", "--bootstrap", "127.0.0.1:1");

        exitCode.Should().Be(2);
        error.Should().ContainAll("no Kafka at 127.0.0.1:1", "Connection refused", "--bootstrap host:port").And.NotContain("   at ");
    }

    [Fact]
    public async Task Without_a_Kafka_the_demo_brings_its_own_broker_and_verifies_its_alerts()
    {
        var (exitCode, output, error) = await CrashMonitorProcess.RunAsync("demo", "--speed", "60", "--duration", "2m", "--rate", "3000");

        exitCode.Should().Be(0, output + error);
        output.Should().ContainAll("|Interval                                  |user_id  |crash_count|", "360,000 records", "Verified");
        error.Should().Contain("started a broker of its own");
    }

    [Theory]
    [InlineData("run", "crash-monitor run --exit-when-caught-up")]
    [InlineData("load", "crash-monitor load --rate 5000 --duration 10m")]
    [InlineData("verify", "crash-monitor verify --window 1m --grace 5m --threshold 10 --rows 50")]
    [InlineData("demo", "crash-monitor demo --rate 20000")]
    public async Task Help_ends_with_examples(string command, string example)
    {
        var (exitCode, output, _) = await CrashMonitorProcess.RunAsync(command, "--help");

        exitCode.Should().Be(0);
        output.Should().Contain(example);
    }

    [Theory]
    [InlineData("there is no option '--treshold'. Did you mean '--threshold'?", "run", "run", "--treshold", "3")]
    [InlineData("there is no command or argument 'rnu'. Did you mean 'run'?", "", "rnu")]
    [InlineData("name a command: create, delete.", "topics", "topics")]
    [InlineData("'soon' is no span of time. Write for example 500ms, 10s, 5m, 2h or 1d.", "run", "run", "--window", "soon")]
    [InlineData("'many' is no value of --threads: a whole number is expected, in range.", "run", "run", "--threads", "many")]
    [InlineData("'drop' is no value of --bad-input: choose fail, skip or dead-letter.", "run", "run", "--bad-input", "drop")]
    [InlineData("--threads is 0: it must be at least 1. --window is 00:00:00: it must be whole milliseconds, at least one.", "run", "run", "--threads", "0", "--window", "0s")]
    [InlineData("--alert-topic is the input topic 'logs': name another one.", "verify", "verify", "--alerts", "logs")]
    [InlineData("--rows is -1: it must not be negative.", "run", "run", "--rows", "-1")]
    [InlineData("--rate is NaN: it must be above 0.", "load", "load", "--rate", "NaN")]
    [InlineData("--users is 0: there must be at least one.", "demo", "demo", "--users", "0")]
    [InlineData("--partitions is 0: it must be at least 1.", "topics create", "topics", "create", "--partitions", "0")]
    [InlineData("'localhost:kafka' is no address of a broker: write --bootstrap host:port, several separated by commas.", "load", "load", "-b", "localhost:kafka")]
    [InlineData("--debug is not there: running counts of Streamiz are not shown.", "run", "run", "--engine", "streamiz", "--debug")]
    [InlineData("--exit-when-caught-up is not there with --engine streamiz: it does not say when it has caught up.", "run", "run", "--engine", "streamiz", "--exit-when-caught-up")]
    [InlineData("--property 'x' is not of the form name=value.", "verify", "verify", "-X", "x")]
    public async Task Wrong_arguments_end_with_64_a_line_and_a_hint_before_anything_is_created(string line, string command, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        using var process = new CrashMonitorProcess(folder.Path, arguments);

        var (exitCode, output, error) = await process.EndAsync();

        exitCode.Should().Be(64, error);
        output.Should().BeEmpty();
        error.Split('\n').Should().Equal($"crash-monitor: {line}", $"Try 'crash-monitor {command}{(command.Length > 0 ? " " : "")}--help'.", "");
        Directory.EnumerateFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public async Task A_second_run_in_the_same_folder_joins_the_broker_of_the_first_and_an_empty_topic_is_not_verified()
    {
        using var folder = new TemporaryFolder();
        using var first = new CrashMonitorProcess(folder.Path, "run", "--window", "1s", "--grace", "1s");
        await first.ErrorAsync(error => error.Contains("Watching", StringComparison.Ordinal));
        var bootstrap = first.Error.Split("at ")[1].Split(',')[0];
        var empty = await CrashMonitorProcess.RunAsync("verify", "--bootstrap", bootstrap);
        using var second = new CrashMonitorProcess(folder.Path, "run", "--window", "1s", "--grace", "1s", "--json");
        await second.ErrorAsync(error => error.Contains("records_per_second", StringComparison.Ordinal));

        await CrashMonitorProcess.RunAsync("load", "--bootstrap", bootstrap, "--count", "20000", "--rate", "1000", "--speed", "10", "--matching-share", "0.5", "--users", "50");
        await first.ErrorAsync(error => Regex.IsMatch(error, " in all; .* [1-9][0-9,]* alerts"));
        second.Terminate();
        var secondEnd = await second.EndAsync();
        first.Terminate();
        var firstEnd = await first.EndAsync();

        empty.ExitCode.Should().Be(1);
        empty.Output.Should().EndWith("NOT verified: there are no records in the input.\n");
        secondEnd.ExitCode.Should().Be(0, secondEnd.Error);
        secondEnd.Error.Should().StartWith($"No --bootstrap: joined the broker at {bootstrap}, which another process runs on the data in data.");
        secondEnd.Error.Trim().Split('\n')[^1].Should().StartWith("{\"state\":\"Stopped\",\"records\":");
        secondEnd.Output.Trim().Split('\n').Should().AllSatisfy(line => line.Should().MatchRegex("""^\{"interval_start":"[^"]+","interval_end":"[^"]+","user_id":"user_\d+","crash_count":\d+\}$"""));
        firstEnd.ExitCode.Should().Be(0, firstEnd.Error);
        firstEnd.Error.Should().MatchRegex(@"\d\d:\d\d:\d\d .*[\d,]+ records/s, [\d,]+ in all; watermark \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; [\d,]+ open windows; [\d,]+ alerts").And.Contain("Processed ");
        firstEnd.Output.Should().Contain("|Interval ").And.MatchRegex(@"\nand \d+ more\n");
    }
}
