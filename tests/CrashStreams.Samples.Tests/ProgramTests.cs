namespace CrashStreams.Samples.Tests;

/// <summary>What the programs say when something is wrong.</summary>
public class ProgramTests
{
    [Theory]
    [InlineData("clickstream", "there is no option '--grase'. Did you mean '--grace'?", "run", "--grase", "1m")]
    [InlineData("clickstream", "'soon' is no span of time. Write for example 500ms, 10s, 5m, 2h or 1d.", "run", "--grace", "soon")]
    [InlineData("clickstream", "'a b' is no topic's name: use up to 249 ASCII letters, digits, '.', '_' and '-'.", "verify", "--page-views", "a b")]
    [InlineData("clickstream", "'twice' is no value of --guarantee: choose at-least-once or exactly-once.", "run", "--guarantee", "twice")]
    [InlineData("clickstream", "--malformed-share must be from 0 to 1.", "load", "--malformed-share", "2")]
    [InlineData("clickstream", "--threads is 0: it must be at least 1.", "run", "--threads", "0")]
    [InlineData("ad-campaigns", "'steady' is no kind of arrivals: choose poisson, mmpp or uniform.", "demo", "--arrivals", "steady")]
    [InlineData("ad-campaigns", "'steady' is no value of --arrivals: choose poisson, mmpp or uniform.", "load", "--arrivals", "steady")]
    [InlineData("ad-campaigns", "--producers and --count must be at least 1, --duration not negative.", "load", "--producers", "0")]
    [InlineData("flyers", "there is no option '--redys'. Did you mean '--redis'?", "run", "--redys", "localhost:6379")]
    [InlineData("flyers", "--count, --users, --batch and --posters must be at least 1.", "load", "--posters", "0")]
    [InlineData("flyers", "--rate must not be negative.", "load", "--rate", "-1")]
    [InlineData("ad-campaigns", "--partitions is 0: it must be at least 1.", "topics", "create", "--partitions", "0")]
    public async Task Wrong_arguments_end_with_64_a_line_and_a_hint(string program, string line, params string[] arguments)
    {
        var (exitCode, text) = await SampleProcess.RunAsync(program, arguments);

        exitCode.Should().Be(64, text);
        text.Should().StartWith($"{program}: {line}").And.Contain("--help");
    }

    [Theory]
    [InlineData("clickstream", "verify")]
    [InlineData("ad-campaigns", "verify")]
    [InlineData("ad-campaigns", "load")]
    [InlineData("flyers", "verify")]
    public async Task Where_no_Kafka_answers_they_say_what_they_tried_and_what_to_do(string program, string command)
    {
        var (exitCode, text) = await SampleProcess.RunAsync(program, command, "-b", "127.0.0.1:1");

        exitCode.Should().Be(2, text);
        text.Should().ContainAll("no Kafka at 127.0.0.1:1", "--bootstrap host:port").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("clickstream", "there is no topic 'clickstream'. Create it with: clickstream topics create")]
    [InlineData("ad-campaigns", "there is no topic 'ads'. Create it with: ad-campaigns topics create")]
    public async Task A_topic_that_is_missing_is_told_with_the_command_that_creates_it(string program, string line)
    {
        await using var broker = await Broker.EmbeddedBroker.StartAsync();

        var (exitCode, text) = await SampleProcess.RunAsync(program, "load", "-b", broker.BootstrapServers, "--count", "1");

        exitCode.Should().Be(2);
        text.Should().Contain(line);
    }

    [Theory]
    [InlineData("clickstream", "clickstream")]
    [InlineData("ad-campaigns", "events")]
    public async Task Topics_that_are_missing_end_a_run_with_their_names(string program, string topic)
    {
        await using var broker = await Broker.EmbeddedBroker.StartAsync();
        using var folder = new TemporaryFolder();

        var (exitCode, text) = await SampleProcess.RunAsync(program, program == "clickstream" ? ["run", "-b", broker.BootstrapServers, "--out", folder.Path] : ["run", "-b", broker.BootstrapServers]);

        exitCode.Should().Be(2, text);
        text.Should().Contain($"'{topic}'").And.NotContain("   at ");
    }

    [Fact]
    public async Task Ctrl_C_ends_a_run_in_order_that_still_waits_for_its_broker()
    {
        using var run = new SampleProcess("ad-campaigns", "run", "-b", "127.0.0.1:1");
        await run.WaitForAsync("Connecting");

        run.Interrupt();

        var (exitCode, text) = await run.EndAsync();
        exitCode.Should().Be(0, text);
    }

    [Fact]
    public async Task A_folder_where_nothing_can_be_written_is_told_before_anything_is_read()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "no folder");

        var (exitCode, text) = await SampleProcess.RunAsync("clickstream", "run", "-b", "127.0.0.1:1", "--out", file);

        exitCode.Should().Be(2);
        text.Should().ContainAll("nothing can be written to the folder", "Choose another folder");
    }
}
