using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A task with several inputs, one of which brings nothing although it has something.</summary>
public class BlockedInputTests
{
    [Fact]
    public void Records_wait_for_an_input_that_is_behind_and_come_in_order_then()
    {
        using var driver = Merging();
        driver.Log.Unavailable.Add(new("left", 0));
        Append(driver, "left", 5);
        Append(driver, "right", 3);
        Append(driver, "right", 9);
        driver.Settle();
        driver.Read("out").Should().BeEmpty();
        driver.Log.Unavailable.Clear();
        driver.Settle();
        driver.Read("out").Select(r => r.Timestamp).Should().Equal(3, 5, 9);
    }

    [Fact]
    public void An_input_that_waits_for_a_blocked_one_does_not_fill_the_memory()
    {
        using var driver = Merging();
        driver.Log.Unavailable.Add(new("left", 0));
        Append(driver, "left", 15_000);
        for (var time = 0; time < 30_000; time++)
            Append(driver, "right", time);
        driver.Settle();
        driver.Thread.Tasks.Single().Inputs.Sum(i => i.Buffer.Count).Should().BeInRange(BufferStep.MaxBuffered, BufferStep.MaxBuffered + 1000);

        driver.Log.Unavailable.Clear();
        driver.Settle();
        driver.Read("out").Should().HaveCount(30_001).And.BeInAscendingOrder(r => r.Timestamp);
    }

    [Fact]
    public void Large_records_that_wait_are_limited_by_their_size()
    {
        using var driver = Merging();
        driver.Log.Unavailable.Add(new("left", 0));
        Append(driver, "left", 15_000);
        var value = new byte[100_000];
        for (var time = 0; time < 300; time++)
            driver.Append("right", null, value, time);
        for (var i = 0; i < 300; i++)
            driver.Thread.RunOnce();
        // The polls of this driver bring 1,000 records at most: what one has brought is kept.
        driver.Thread.Tasks.Single().Inputs.Should().Contain(i => i.IsHeldBack);

        driver.Log.Unavailable.Clear();
        driver.Settle();
        driver.Read("out").Should().HaveCount(301).And.BeInAscendingOrder(r => r.Timestamp);
        driver.Thread.Tasks.Single().Inputs.Should().NotContain(i => i.IsHeldBack);
    }

    [Fact]
    public void A_record_that_waits_is_copied_into_pooled_memory_and_costs_nothing_more()
    {
        var buffer = new RecordBuffer();
        var random = new Random(1);
        var value = new byte[200_000];
        random.NextBytes(value);
        Turn(buffer, value, 20_000, new(1));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(buffer, value, 20_000, new(1));
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(20_000, "less than a byte per record");
        buffer.Clear();
    }

    [Fact]
    public void A_record_of_a_task_with_two_inputs_allocates_nothing()
    {
        const int Records = 20_000;
        var builder = new StreamsBuilder();
        builder.Stream<long, long>("left").Merge(builder.Stream<long, long>("right")).Filter((_, _) => false).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        // Once for buffers, pools and compiled code.
        Fill(driver, 0, Records);
        driver.Settle();
        Fill(driver, Records, Records);
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (driver.Thread.RunOnce())
        {
        }

        // A poll of this driver allocates about a kilobyte for a thousand records.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)(2 * Records)).Should().BeLessThan(4);
        driver.Thread.Tasks.Single().Inputs.Should().OnlyContain(i => i.NextOffset == 2 * Records);
    }

    private static void Fill(TopologyTestDriver driver, int from, int count)
    {
        for (var n = from; n < from + count; n++)
        {
            driver.Append("left", new byte[8], new byte[8], n);
            driver.Append("right", new byte[8], new byte[8], n);
        }
    }

    // Fills and empties it in waves; what comes out is what went in.
    private static void Turn(RecordBuffer buffer, byte[] bytes, int records, Random random)
    {
        var (added, removed) = (0, 0);
        while (removed < records)
        {
            for (var wave = random.Next(500); wave > 0 && added < records; wave--, added++)
                buffer.Add(Record(bytes, added), added);
            for (var wave = random.Next(500); wave > 0 && removed < added; wave--, removed++)
            {
                var expected = Record(bytes, removed);
                var actual = buffer[0];
                if (!actual.Key.SequenceEqual(expected.Key) || !actual.Value.SequenceEqual(expected.Value) || actual.HasKey != expected.HasKey || actual.HasValue != expected.HasValue || actual.Offset != removed)
                    throw new InvalidOperationException($"Record {removed} came out changed.");
                buffer.RemoveHead();
            }
        }

        if (buffer.Count != 0 || buffer.Bytes != 0)
            throw new InvalidOperationException($"{buffer.Count} records, {buffer.Bytes} bytes are left.");
    }

    private static LogRecord Record(byte[] bytes, int n) => new()
    {
        Offset = n, HasKey = n % 3 != 0, Key = n % 3 != 0 ? bytes.AsSpan(n, n % 7) : default, HasValue = n % 5 != 0,
        Value = n % 5 == 0 ? default : n % 997 == 0 ? bytes.AsSpan(0, 100_000 + n) : bytes.AsSpan(n, n % 300),
    };

    [Fact]
    public void A_source_topic_that_grew_while_the_application_runs_stops_it_and_says_what_to_do()
    {
        using var driver = Merging();
        IAssignmentListener thread = driver.Thread;
        thread.Invoking(t => t.Assigned([new("left", 1)])).Should().Throw<TopologyException>().WithMessage("Topic 'left' has got more partitions: 1 when this instance started, and at least 2 now*Restart*");
    }

    private static void Append(TopologyTestDriver driver, string topic, long time) => driver.Append(topic, null, [1], time);

    private static TopologyTestDriver Merging()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).To("out");
        return new(builder.Build());
    }
}
