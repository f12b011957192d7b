using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>What users do wrong with an application: each mistake is an error that says what is to be done, and none waits for ever.</summary>
public class ApplicationMisuseTests
{
    private static readonly Dictionary<string, (Func<StreamsApplication, Task> Misuse, Type Error, string[] Told)> _mistakes = new()
    {
        ["started twice"] = (async app =>
        {
            await app.StartAsync();
            await app.StartAsync();
        }, typeof(CrashStreamsException), ["can't be started", "it is Running", "started once"]),
        ["started after it was stopped"] = (async app =>
        {
            await app.StartAsync();
            await app.StopAsync();
            await app.StartAsync();
        }, typeof(CrashStreamsException), ["it is Stopped", "started once"]),
        ["started after it was disposed"] = (async app =>
        {
            await app.DisposeAsync();
            await app.StartAsync();
        }, typeof(ObjectDisposedException), [nameof(StreamsApplication)]),
        ["waited for before it was started"] = (app => app.CaughtUpAsync(), typeof(InvalidOperationException), ["not started", "call StartAsync first"]),
        ["asked for a store before it was started"] = (app =>
        {
            app.KeyValueStore<string, long>("counts");
            return Task.CompletedTask;
        }, typeof(StoreUnavailableException), ["The application is Created", "while it is Running"]),
        ["asked for a store that does not exist"] = (Running(app => app.KeyValueStore<string, long>("count")), typeof(ArgumentException), ["no store 'count'", "'counts'"]),
        ["asked for a store of other types"] = (Running(app => app.KeyValueStore<string, string>("counts")), typeof(ArgumentException), ["'counts'", "KeyValueStore of String and Int64"]),
        ["asked for a store of another kind"] = (Running(app => app.SessionStore<string, long>("counts")), typeof(ArgumentException), ["'counts' is no session store", "KeyValueStore of String and Int64"]),
        ["asked for no key"] = (async app =>
        {
            await app.StartAsync();
            await app.KeyValueStore<string, long>("counts").GetAsync(null!);
        }, typeof(ArgumentNullException), ["key"]),
        ["asked where a key is, by instances that don't know each other"] = (Running(app => app.Find("counts", "ann")), typeof(InvalidOperationException), ["Set HostInfo on every instance"]),
    };

    public static TheoryData<string> Mistakes => [.. _mistakes.Keys];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_told(string mistake)
    {
        var (misuse, error, told) = _mistakes[mistake];
        await using var application = New();

        var thrown = await Record.ExceptionAsync(() => misuse(application).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        thrown.Should().BeOfType(error);
        thrown!.Message.Should().ContainAll(told);
    }

    [Fact]
    public async Task An_application_can_be_disposed_again()
    {
        var application = New();
        await application.StartAsync(TestContext.Current.CancellationToken);
        await application.DisposeAsync();
        await application.DisposeAsync();
        application.Dispose();
        application.State.Should().Be(ApplicationState.Stopped);
    }

    [Fact]
    public void Nothing_that_an_application_needs_can_be_left_out()
    {
        var (topology, options, clients) = (Count(), new StreamsOptions { ApplicationId = "app" }, new MemoryLogClients(new MemoryLog()));
        FluentActions.Invoking(() => new StreamsApplication(null!, options, clients)).Should().Throw<ArgumentNullException>().WithParameterName("topology");
        FluentActions.Invoking(() => new StreamsApplication(topology, null!, clients)).Should().Throw<ArgumentNullException>().WithParameterName("options");
        FluentActions.Invoking(() => new StreamsApplication(topology, options, null!)).Should().Throw<ArgumentNullException>().WithParameterName("clients");
    }

    [Fact]
    public async Task Sources_that_do_not_exist_are_named_at_the_start()
    {
        await using var application = new StreamsApplication(Count(), new() { ApplicationId = "app" }, new MemoryLogClients(new MemoryLog()));
        await application.Invoking(a => a.StartAsync()).Should().ThrowAsync<TopologyException>().WithMessage("*'in'*Create them first*");
    }

    private static Func<StreamsApplication, Task> Running(Action<StreamsApplication> misuse) => async app =>
    {
        await app.StartAsync();
        misuse(app);
    };

    private static Topology Count()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        return builder.Build();
    }

    private static StreamsApplication New()
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        return new(Count(), new() { ApplicationId = "app" }, new MemoryLogClients(log));
    }
}
