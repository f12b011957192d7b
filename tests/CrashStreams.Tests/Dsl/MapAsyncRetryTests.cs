using CrashStreams.Faults;
using CrashStreams.Testing;
using Polly;
using Polly.Retry;

namespace CrashStreams.Tests.Dsl;

/// <summary>Calls that are tried again by Polly, as docs/operators.md has it.</summary>
public class MapAsyncRetryTests
{
    private const int Tries = 3;

    [Fact]
    public void A_call_that_fails_is_tried_again_and_its_result_keeps_its_place()
    {
        var calls = new Dictionary<string, int>();
        using var driver = Driver(calls, failures: Tries - 1);
        foreach (var value in new[] { "a", "b", "c" })
            driver.Input<string, string>("in").Pipe("k", value, 1);

        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("a!", "b!", "c!");
        calls.Values.Should().Equal(Tries, Tries, Tries);
    }

    [Fact]
    public void What_fails_each_time_is_a_fault_of_its_record()
    {
        var calls = new Dictionary<string, int>();
        using var driver = Driver(calls, failures: Tries);
        driver.Input<string, string>("in").Pipe("k", "a", 1);

        driver.Output<string, string>("out").Read().Should().BeEmpty();
        driver.Output<string, string>("dead").Read().Select(static r => r.Value).Should().Equal("a");
        calls["a"].Should().Be(Tries);
    }

    private static TopologyTestDriver Driver(Dictionary<string, int> calls, int failures)
    {
        ResiliencePipeline retries = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions { MaxRetryAttempts = Tries - 1, Delay = TimeSpan.Zero }).Build();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .MapAsync(async (_, value, cancellation) => await retries.ExecuteAsync(_ => AskAsync(value), cancellation), new AsyncCalls { MaxConcurrency = 2 })
            .To("out");
        return new(builder.Build(), new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.DeadLetter, DeadLetterTopic = "dead" } });

        ValueTask<string> AskAsync(string value) => (calls[value] = calls.GetValueOrDefault(value) + 1) > failures
            ? new(value + "!")
            : throw new IOException("not this time");
    }
}
