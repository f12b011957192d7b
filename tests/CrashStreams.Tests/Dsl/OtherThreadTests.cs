using CrashStreams.Processing;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A processor that uses what belongs to its task's thread from another one, or after its turn: an error there and of the application, and nothing of it is written.</summary>
public class OtherThreadTests
{
    [Theory]
    [InlineData("Forward")]
    [InlineData("Drop")]
    [InlineData("Schedule")]
    public async Task What_another_thread_does_with_a_task_is_told_there_and_stops_the_application(string action)
    {
        using var driver = Driver(out var processors);
        driver.Pipe("in", "ann"u8.ToArray(), "v"u8.ToArray(), 1);
        driver.Read("out").Should().HaveCount(1);

        var there = await Task.Run(() => Record.Exception(processors.Single().Doing(action)), TestContext.Current.CancellationToken);

        there.Should().BeOfType<ProcessingException>().Which.Message.Should().ContainAll("Processor 'later'", "task 0_0", $"used {action}", "another thread", "MapAsync", "Schedule");
        driver.Invoking(static d => d.Pipe("in", "bob"u8.ToArray(), "v"u8.ToArray(), 2)).Should().Throw<ProcessingException>().WithMessage($"Processor 'later'*used {action}*");
        driver.Read("out").Should().BeEmpty();
        driver.Invoking(static d => d.Dispose()).Should().Throw<ProcessingException>("what was to be forwarded is missing, so nothing is committed");
    }

    [Fact]
    public void A_record_that_is_forwarded_when_the_turn_is_over_is_told_too()
    {
        using var driver = Driver(out var processors);
        driver.Pipe("in", "ann"u8.ToArray(), "v"u8.ToArray(), 1);

        Record.Exception(processors.Single().Doing("Forward")).Should().BeOfType<ProcessingException>();
        driver.Invoking(static d => d.Dispose()).Should().Throw<ProcessingException>();
    }

    [Fact]
    public async Task Another_thread_may_run_the_driver()
    {
        using var driver = Driver(out _);
        driver.Pipe("in", "ann"u8.ToArray(), "v"u8.ToArray(), 1);

        await Task.Run(() => driver.Pipe("in", "bob"u8.ToArray(), "v"u8.ToArray(), 2), TestContext.Current.CancellationToken);

        driver.Read("out").Should().HaveCount(2);
    }

    [Fact]
    public async Task A_running_application_fails_with_it()
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        var processors = new List<Later>();
        await using var application = new StreamsApplication(Topology(processors), new() { ApplicationId = "app" }, new MemoryLogClients(log));
        await application.StartAsync(TestContext.Current.CancellationToken);
        log.Append("in", 0, new() { Key = "ann"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
        while (processors is not [{ HasProcessed: true }])
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);

        Record.Exception(processors[0].Doing("Forward")).Should().BeOfType<ProcessingException>();

        var completion = () => application.Completion.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await completion.Should().ThrowAsync<ProcessingException>().WithMessage("Processor 'later'*used Forward*");
    }

    private static TopologyTestDriver Driver(out List<Later> processors) => new(Topology(processors = []));

    private static Topology Topology(List<Later> processors)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process<string, string>(
            () =>
            {
                var made = new Later();
                processors.Add(made);
                return made;
            },
            name: "later").To("out");
        return builder.Build();
    }

    private sealed class Later : Processor<string, string, string, string>
    {
        private volatile bool _hasProcessed;

        public bool HasProcessed => _hasProcessed;

        public override void Process(in Record<string, string> record)
        {
            Forward(in record);
            _hasProcessed = true;
        }

        public Action Doing(string action) => action switch
        {
            "Forward" => () => Forward(new Record<string, string>("later", "v", 1)),
            "Drop" => () => Context.Drop("later"),
            _ => () => Context.Schedule(TimeSpan.FromSeconds(1), PunctuationType.WallClock, static _ => { }),
        };
    }
}
