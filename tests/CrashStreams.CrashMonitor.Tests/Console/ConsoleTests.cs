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

    [Fact]
    public async Task A_span_of_time_that_is_none_is_refused_with_examples()
    {
        var (exitCode, _, error) = await CrashMonitorProcess.RunAsync("run", "--window", "soon");

        exitCode.Should().Be(1);
        error.Should().Contain("'soon' is no span of time. Write for example 500ms, 10s, 5m, 2h or 1d.");
    }
}
