using CrashStreams.Engine;

namespace CrashStreams.Tests.Runtime;

/// <summary>An application ends once, and for one reason.</summary>
public sealed class ApplicationLifeTests
{
    [Fact]
    public void An_application_that_has_stopped_does_not_fail_any_more()
    {
        var life = new ApplicationLife();
        foreach (var next in new[] { ApplicationState.Starting, ApplicationState.Running, ApplicationState.Stopping, ApplicationState.Stopped })
            life.TryMoveTo(next).Should().BeTrue();

        life.TryFail(new InvalidOperationException("late")).Should().BeFalse();

        life.State.Should().Be(ApplicationState.Stopped);
        life.Fault.Should().BeNull();
    }

    [Fact]
    public void The_first_fault_is_the_reason()
    {
        var life = new ApplicationLife();
        life.TryMoveTo(ApplicationState.Starting);

        life.TryFail(new InvalidOperationException("first")).Should().BeTrue();
        life.TryFail(new InvalidOperationException("second")).Should().BeFalse();

        life.Fault!.Message.Should().Be("first");
        life.TryMoveTo(ApplicationState.Stopped).Should().BeFalse();
    }

    [Theory]
    [InlineData(ApplicationState.Running)]
    [InlineData(ApplicationState.Stopping)]
    [InlineData(ApplicationState.Stopped)]
    [InlineData(ApplicationState.Failed)]
    public void Before_its_start_it_can_only_start(ApplicationState next) => new ApplicationLife().TryMoveTo(next).Should().BeFalse();

    [Fact]
    public async Task Each_change_of_the_state_is_told_in_order_and_a_handler_that_throws_changes_nothing()
    {
        var told = new List<string>();
        await using var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, new CountingClients());
        application.StateChanged += static (_, _) => throw new InvalidOperationException("a handler");
        application.StateChanged += (before, now) => told.Add($"{before} > {now}");

        await application.StartAsync();
        await application.StopAsync();

        told.Should().Equal("Created > Starting", "Starting > Running", "Running > Stopping", "Stopping > Stopped");
    }

    [Fact]
    public void A_handler_may_change_the_state_itself()
    {
        var told = new List<ApplicationState>();
        var life = new ApplicationLife();
        life.Changed = (_, now) =>
        {
            told.Add(now);
            if (now == ApplicationState.Starting)
                life.TryFail(new InvalidOperationException("no"));
        };

        life.TryMoveTo(ApplicationState.Starting);

        told.Should().Equal(ApplicationState.Starting, ApplicationState.Failed);
    }

    [Fact]
    public async Task A_start_that_was_cancelled_has_stopped_and_its_watches_with_it()
    {
        var clients = new CountingClients();
        await using var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, clients);

        var start = () => application.StartAsync(new CancellationToken(canceled: true));
        await start.Should().ThrowAsync<OperationCanceledException>();

        application.State.Should().Be(ApplicationState.Stopped);
        application.Completion.IsCompletedSuccessfully.Should().BeTrue();
        clients.Open.Should().Be(0, "nothing of it is left");
    }

    [Fact]
    public async Task What_comes_after_the_disposal_throws_nothing_and_changes_nothing()
    {
        var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, new CountingClients());
        await application.StartAsync();
        await application.DisposeAsync();

        await application.StopAsync();

        application.State.Should().Be(ApplicationState.Stopped);
        application.Status.Should().Be(new ApplicationStatus(ApplicationActivity.Stopped));
    }

    [Fact]
    public async Task A_thread_that_fails_while_no_admin_client_can_be_made_ends_the_application_and_not_the_process()
    {
        var clients = new CountingClients { Refuses = true };
        await using var application = new StreamsApplication(Topology(), new() { ApplicationId = "app" }, clients);
        await application.StartAsync();

        var end = async () => await application.Completion.WaitAsync(TimeSpan.FromMinutes(1));
        await end.Should().ThrowAsync<CrashStreams.Log.LogException>().WithMessage("no consumer");
        application.State.Should().Be(ApplicationState.Failed);
    }

    private static Topology Topology()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        return builder.Build();
    }
}
