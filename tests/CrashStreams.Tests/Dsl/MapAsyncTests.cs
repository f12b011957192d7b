using CrashStreams.Engine;
using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Dsl;

/// <summary>Calls that take their time: their order, their limits, and what becomes of those that fail. Each call is done when the test says so.</summary>
public class MapAsyncTests
{
    [Fact]
    public void Results_of_a_key_keep_their_order_and_others_do_not_wait_for_them()
    {
        using var run = new Run(new() { MaxConcurrency = 3 });
        run.Append("a1", "a2", "b1");
        run.Finish("a2", "b1");
        run.FinishLater("a1");
        run.Driver.Settle();

        run.Results.Should().Equal("b1!", "a1!", "a2!");
    }

    [Fact]
    public void Without_order_each_result_comes_as_soon_as_it_is_there()
    {
        using var run = new Run(new() { MaxConcurrency = 3, Order = AsyncOrder.None });
        run.Append("a1", "a2", "b1");
        run.Finish("a2", "b1");
        run.FinishLater("a1");
        run.Driver.Settle();

        run.Results.Should().Equal("a2!", "b1!", "a1!");
    }

    [Fact]
    public void No_more_calls_are_under_way_than_may_be()
    {
        using var run = new Run(new() { MaxConcurrency = 2 });
        run.Append("a1", "b1", "c1", "d1", "e1");
        run.FinishAllLater();
        run.Driver.Settle();

        run.MostAtOnce.Should().Be(2);
        run.Results.Should().BeEquivalentTo("a1!", "b1!", "c1!", "d1!", "e1!");
    }

    // Real threads end the calls, now and then between the moment at which the operator looks which of them are done and the one at which it begins to wait for the others.
    [Theory]
    [InlineData(1, AsyncOrder.PerKey)]
    [InlineData(2, AsyncOrder.PerKey)]
    [InlineData(2, AsyncOrder.None)]
    public async Task Calls_may_be_done_at_any_moment(int maxConcurrency, AsyncOrder order)
    {
        const int records = 20_000;
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapAsync(static (_, value, _) => Task.Run(() => value), new() { MaxConcurrency = maxConcurrency, Order = order }).To("out");
        var (topology, options, log) = (builder.Build(), new StreamsOptions { ApplicationId = "app" }, new MemoryLog());
        log.Create("in", 1);
        log.Create("out", 1);
        for (var i = 0; i < records; i++)
            log.Append("in", 0, new LogRecord { Key = "k"u8, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
        var clients = new MemoryLogClients(log);
        using var admin = clients.CreateAdmin("");
        var topics = await InternalTopics.PrepareAsync(topology, options, admin, NullLogger.Instance, TestContext.Current.CancellationToken);
        using var thread = new StreamThread("thread", topology, options, topics, clients, TimeProvider.System, NullLogger.Instance);
        thread.Start();
        while (log.Committed.Values.Sum(static c => c.Offset) < records)
        {
            thread.RunOnce();
            thread.Commit();
        }

        log.Partition(new("out", 0)).Should().HaveCount(records);
    }

    [Fact]
    public void Windows_behind_wait_for_calls_of_records_that_have_waited_in_front()
    {
        var underWay = new Queue<TaskCompletionSource<string>>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").InEventTimeOrder("order")
            .MapAsync((_, _, _) =>
            {
                underWay.Enqueue(new());
                return underWay.Last().Task;
            })
            .GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Emit(EmitStrategy.OnWindowClose).Count("counts")
            .ToStream().SelectKey(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        // They are done when somebody waits for them.
        driver.Time.PassUntil = _ =>
        {
            while (underWay.TryDequeue(out var call))
                call.SetResult("done");
        };
        foreach (var time in new[] { 100, 900, 5_000 })
            driver.Append("in", "k"u8.ToArray(), "v"u8.ToArray(), time);
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => r.Value).Should().Equal(2);
        driver.Dropped.Should().BeEmpty();
    }

    [Fact]
    public void What_is_committed_is_done()
    {
        using var run = new Run(new());
        run.Append("a1", "b1");
        run.FinishLater("a1", "b1");
        run.Driver.Settle();

        run.Driver.Log.Committed[new("in", 0)].Offset.Should().Be(2);
        run.Results.Should().HaveCount(2);
    }

    [Fact]
    public void A_call_that_fails_is_a_fault_of_its_record_which_goes_to_the_dead_letters_whole()
    {
        using var run = new Run(new(), new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.DeadLetter, DeadLetterTopic = "dead" } });
        run.Append("a1", "b1");
        run.Fail("a1");
        run.Finish("b1");
        run.Driver.Settle();

        run.Results.Should().Equal("b1!");
        var dead = run.Driver.Read("dead").Should().ContainSingle().Subject;
        dead.Value.Should().Equal("a1"u8.ToArray());
        System.Text.Encoding.UTF8.GetString(dead.Headers!.Last("cs-node")!).Should().Be("call");
    }

    [Fact]
    public void A_call_that_takes_too_long_is_a_fault_and_is_cancelled()
    {
        using var run = new Run(new() { Timeout = TimeSpan.FromSeconds(1) }, new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } });
        run.Append("a1", "b1");
        run.Finish("b1");
        run.Driver.Time.PassUntil = isOver => run.Driver.Time.Advance(TimeSpan.FromMilliseconds(isOver() ? 0 : 1_000));
        run.Driver.Settle();

        run.Results.Should().Equal("b1!");
        run.Driver.Dropped.Should().Contain(nameof(TimeoutException), 1);
        run.Cancelled.Should().Equal("a1");
    }

    [Fact]
    public void The_last_update_of_a_window_is_in_its_final_result()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapAsync(static async (_, value, _) =>
        {
            await Task.Yield();
            return value;
        }).GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromMilliseconds(10))).Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var time in new[] { 1, 2, 30 })
            driver.Append("in", "k"u8.ToArray(), "v"u8.ToArray(), time);
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => r.Value).Should().Equal(2);
        driver.Dropped.Should().BeEmpty();
    }

    private sealed class Run : IDisposable
    {
        private readonly Dictionary<string, TaskCompletionSource<string>> _calls = [];
        private readonly Queue<string> _later = [];
        private int _underWay;

        public Run(AsyncCalls calls, StreamsOptions? options = null)
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>("in").MapAsync(Call, calls, "call").To("out");
            Driver = new(builder.Build(), options);
            // Whoever waits lets the next call be done.
            Driver.Time.PassUntil = isOver =>
            {
                while (!isOver())
                    Finish(_later.Dequeue());
            };
        }

        public TopologyTestDriver Driver { get; }

        public int MostAtOnce { get; private set; }

        public List<string> Cancelled { get; } = [];

        public IEnumerable<string> Results => Driver.Output<string, string>("out").Read().Select(static r => r.Value);

        public void Append(params string[] values)
        {
            foreach (var value in values)
            {
                _calls[value] = new();
                Driver.Append("in", System.Text.Encoding.UTF8.GetBytes(value[..1]), System.Text.Encoding.UTF8.GetBytes(value), 1);
            }
        }

        public void Finish(params string[] values)
        {
            foreach (var value in values)
                _calls[value].SetResult(value + "!");
        }

        public void Fail(string value) => _calls[value].SetException(new InvalidOperationException("no answer"));

        public void FinishLater(params string[] values)
        {
            foreach (var value in values)
                _later.Enqueue(value);
        }

        public void FinishAllLater() => FinishLater([.. _calls.Keys]);

        public void Dispose() => Driver.Dispose();

        private async Task<string> Call(string key, string value, CancellationToken cancellation)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_underWay);
            await using var registered = cancellation.Register(() => Note(value));
            var result = await _calls[value].Task;
            _underWay--;
            return result;
        }

        private void Note(string value)
        {
            if (!_calls[value].Task.IsCompleted)
                Cancelled.Add(value);
        }
    }
}
