using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>When an input counts as deleted, and when as made anew.</summary>
public sealed class InputWatchTests
{
    private readonly MemoryLog _log = new();
    private readonly InputWatch _watch;
    private long _nowMs = 1_000_000;

    public InputWatchTests()
    {
        _log.Create("in", 2);
        _log.Create("other", 2);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(["in", "other"]).To("out");
        var topology = builder.Build();
        var options = new StreamsOptions { ApplicationId = "watch" };
        var admin = new MemoryLogClients(_log).CreateAdmin("");
        var topics = InternalTopics.PrepareAsync(topology, options, admin, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        _watch = new(new(topology, topics, options, TimeProvider.System, NullLogger.Instance), ["in", "other"], admin, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void One_that_is_missing_for_long_enough_was_deleted()
    {
        _log.Delete("in");
        Run(seconds: 5);
        _watch.AssignmentChanged();
        Run(seconds: 10);
        this.Invoking(t => t.Run(seconds: 2)).Should().Throw<TopologyException>().WithMessage("Input topic(s) 'in' were deleted*");
    }

    [Fact]
    public void One_of_which_a_broker_has_not_heard_for_a_moment_was_not()
    {
        // Without ids the topic that comes back is the same.
        _log.HasIds = false;
        _log.Delete("in");
        _watch.AssignmentChanged();
        Run(seconds: 9);
        _log.Create("in", 2);
        Run(seconds: 60);

        // The next time counts from its own beginning.
        _log.Delete("in");
        _watch.AssignmentChanged();
        Run(seconds: 9);
    }

    [Fact]
    public void One_that_was_made_anew_is_told_at_once()
    {
        _log.Delete("other");
        _log.Create("other", 2);
        _watch.AssignmentChanged();
        this.Invoking(t => t.Run(seconds: 1)).Should().Throw<TopologyException>().WithMessage("Topic(s) 'other' were deleted and made anew*group 'watch'*");
    }

    private void Run(int seconds)
    {
        for (var end = _nowMs + (seconds * 1_000); _nowMs < end; _nowMs += 100)
            _watch.RunOnce(_nowMs);
    }
}
