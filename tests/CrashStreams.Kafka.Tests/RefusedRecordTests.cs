using System.Collections.Concurrent;
using System.Globalization;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>A broker refuses a batch for one record in it. The record is the fault policy's; the others are written, once each under exactly-once.</summary>
public abstract class RefusedRecordTests : LogTest
{
    private const string Large = "large";

    private static readonly string _large = Large + new string('x', 5_000);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_result_that_its_topic_refuses_is_the_policys_and_the_others_are_written(ProcessingGuarantee guarantee)
    {
        var input = await NewTopic(1, ("message.timestamp.after.max.ms", "9223372036854775807"));
        var output = await NewTopic(1, ("max.message.bytes", "2000"), ("cleanup.policy", "compact"));
        await using var run = new Run(Clients, input, output, guarantee);
        Write(input, "a", "b", _large, "c");
        Write(input, Now() + 7_200_000, "ahead");
        WriteKeyless(input, "keyless");
        Write(input, "d");
        await run.UntilRead(this, 4);
        run.Values.Should().Equal("a", "b", "c", "d");
        run.Faults.Select(f => (f.Kind, f.Node, f.Topic, f.Partition, f.Offset, f.Reason)).Should().Equal(
            (FaultKind.Production, "results", input, 0, 2L, "not-produced"),
            (FaultKind.Production, "results", input, 0, 4L, "not-produced"),
            (FaultKind.Production, "results", input, 0, 5L, "not-produced"));
        run.Faults.Select(f => f.Exception!.Message).Should().SatisfyRespectively(
            m => m.Should().Contain(output).And.Contain("max.message.bytes"), m => m.Should().Contain("message.timestamp.after.max.ms"), m => m.Should().Contain("cleanup.policy"));
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Results_that_only_the_broker_knows_to_be_refused_are_found_among_those_that_were_sent_with_them(ProcessingGuarantee guarantee)
    {
        var (input, output) = (await NewTopic(), await NewTopic());
        await using var run = new Run(Clients, input, output, guarantee);
        Write(input, "before");
        await run.UntilRead(this, 1);
        await Open(Clients.CreateAdmin("admin")).SetTopicConfigsAsync(output, new Dictionary<string, string> { ["max.message.bytes"] = "2000" }, default);
        // The limits are known from the start, and are these no longer.
        var values = Enumerable.Range(0, 300).Select(i => i is 100 or 101 or 250 ? _large + i : $"v{i}").ToArray();
        Write(input, values);
        await run.UntilRead(this, 298);
        run.Values.Distinct().Should().Equal(values.Where(v => !v.StartsWith(Large, StringComparison.Ordinal)).Prepend("before"));
        if (guarantee == ProcessingGuarantee.ExactlyOnce)
            run.Values.Should().OnlyHaveUniqueItems();
        run.Faults.Select(f => f.Offset).Distinct().Should().Equal(101, 102, 251);
        run.Application.State.Should().Be(ApplicationState.Running);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Results_are_found_too_where_the_cluster_does_not_tell_a_topics_settings(ProcessingGuarantee guarantee)
    {
        var (input, output) = (await NewTopic(), await NewTopic(1, ("message.timestamp.after.max.ms", "60000")));
        await using var run = new Run(new SecretiveClients(Clients), input, output, guarantee);
        var now = Now();
        using (var producer = NewProducer())
        {
            for (var i = 0; i < 300; i++)
                producer.Send(input, 0, Record("k", $"v{i}", i is 100 or 101 or 250 ? now + 1_800_000 : now));
            producer.Flush();
        }

        await run.UntilRead(this, 297);
        run.Values.Distinct().Should().Equal(Enumerable.Range(0, 300).Where(i => i is not (100 or 101 or 250)).Select(i => $"v{i}"));
        if (guarantee == ProcessingGuarantee.ExactlyOnce)
            run.Values.Should().OnlyHaveUniqueItems();
        run.Faults.Select(f => f.Offset).Distinct().Should().Equal(100, 101, 250);
        run.Application.State.Should().Be(ApplicationState.Running);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Small_results_are_not_refused_because_they_are_sent_together(ProcessingGuarantee guarantee)
    {
        var (input, output) = (await NewTopic(), await NewTopic(1, ("max.message.bytes", "2000")));
        await using var run = new Run(Clients, input, output, guarantee);
        var values = Enumerable.Range(0, 200).Select(i => $"{i}-{new string('y', 500)}").ToArray();
        Write(input, values);
        await run.UntilRead(this, values.Length);
        run.Values.Should().Equal(values);
        run.Faults.Should().BeEmpty();
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Event_times_far_ahead_of_the_clock_go_through_the_applications_own_topics(ProcessingGuarantee guarantee)
    {
        var (input, output) = (await NewTopic(1, ("message.timestamp.after.max.ms", "9223372036854775807")), await NewTopic(1, ("message.timestamp.type", "LogAppendTime")));
        await using var run = new Run(Clients, output, guarantee, builder => builder.Stream<string, string>(input)
            .SelectKey((_, value) => value, "by-value").GroupByKey(new() { Name = "values" }).Count("counts").ToStream().MapValues((key, n) => key + n).To(output, new() { Name = "results" }));
        Write(input, "a");
        Write(input, Now() + 7_200_000, "b", "b");
        Write(input, "a");
        await run.UntilRead(this, 4);
        run.Values.Order().Should().Equal("a1", "a2", "b1", "b2");
        run.Faults.Should().BeEmpty();
    }

    [Fact]
    public async Task A_dead_letter_is_cut_where_its_headers_make_it_larger_than_its_topic_takes()
    {
        var (input, output, dead) = (await NewTopic(), await NewTopic(1, ("max.message.bytes", "100000")), await NewTopic(1, ("max.message.bytes", "5200")));
        await using var run = new Run(Clients, input, output, ProcessingGuarantee.AtLeastOnce, new()
        {
            ApplicationId = NewName("app"), Faults = { DeadLetterTopic = dead, OnProcessing = FaultResponse.DeadLetter },
        });
        var bad = "bad" + new string('z', 5_080);
        Write(input, "a", bad, "b");
        await run.UntilRead(this, 2);
        run.Values.Should().Equal("a", "b");
        var letter = ReadAll(NewReader(dead), 1).Single();
        letter.Value.Should().StartWith("badzz").And.HaveLength(letter.Value!.Length).And.Match(v => v.Length < bad.Length);
        System.Text.Encoding.UTF8.GetString(letter.Headers!.Last("cs-truncated")!).Should().Be(bad.Length.ToString(CultureInfo.InvariantCulture));
        System.Text.Encoding.UTF8.GetString(letter.Headers!.Last("cs-offset")!).Should().Be("1");
    }

    [Fact]
    public async Task A_dead_letter_topic_that_does_not_exist_is_named()
    {
        var (input, output) = (await NewTopic(), await NewTopic());
        var options = Options with { ProducerProperties = new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = "500" } };
        await using var run = new Run(new KafkaLogClients(options), input, output, ProcessingGuarantee.AtLeastOnce, new()
        {
            ApplicationId = NewName("app"), Faults = { DeadLetterTopic = "no-such-topic", OnProcessing = FaultResponse.DeadLetter },
        });
        Write(input, "bad");
        await run.Started;
        var wait = async () => await run.Application.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
        (await wait.Should().ThrowAsync<ProcessingException>()).WithMessage($"*'no-such-topic'*topic {input}, partition 0, offset 0*does not exist*");
    }

    protected static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private void Write(string topic, params string[] values) => Write(topic, Now(), values);

    private void Write(string topic, long timestamp, params string[] values)
    {
        var producer = NewProducer();
        foreach (var value in values)
            producer.Send(topic, 0, Record("k", value, timestamp));
        producer.Flush();
    }

    private void WriteKeyless(string topic, string value)
    {
        var producer = NewProducer();
        producer.Send(topic, 0, Record(null, value, Now()));
        producer.Flush();
    }

    /// <summary>A cluster that lets the application read and write its topics, but not see their settings.</summary>
    private sealed class SecretiveClients(ILogClients inner) : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => inner.CreateConsumer(clientId, groupId, readCommitted);

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => new SecretiveAdmin(inner.CreateAdmin(clientId));
    }

    private sealed class SecretiveAdmin(ILogAdmin inner) : ILogAdmin
    {
        public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
            throw new LogException($"Asking for the settings of {string.Join(", ", topics)} failed: Broker: Topic authorization failed (29)");

        public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation) =>
            throw new LogException($"Changing the settings of {topic} failed: Broker: Topic authorization failed (29)");

        public Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsForWritingAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.TopicIdsAsync(topics, cancellation);

        public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation) => inner.CreateTopicsAsync(topics, cancellation);

        public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.DeleteTopicsAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation) =>
            inner.OffsetsAsync(partitions, cancellation);

        public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation) => inner.DeleteRecordsAsync(beforeOffsets, cancellation);

        public void Dispose() => inner.Dispose();
    }

    /// <summary>An application that copies a topic, skips what it can't write, and what it has written.</summary>
    protected sealed class Run : IAsyncDisposable
    {
        private readonly string _output;
        private readonly ConcurrentQueue<Fault> _faults = [];
        private readonly List<Read> _read = [];

        public Run(ILogClients clients, string input, string output, ProcessingGuarantee guarantee, StreamsOptions? options = null)
            : this(clients, output, guarantee, builder => builder.Stream<string, string>(input)
                .MapValues(v => v.StartsWith("bad", StringComparison.Ordinal) ? throw new InvalidOperationException("bad") : v, "judge")
                .To(output, new() { Name = "results" }), options)
        {
        }

        public Run(ILogClients clients, string output, ProcessingGuarantee guarantee, Action<StreamsBuilder> declare, StreamsOptions? options = null)
        {
            _output = output;
            var builder = new StreamsBuilder();
            declare(builder);
            options ??= new() { ApplicationId = NewName("app") };
            (options.Delivery.Guarantee, options.Delivery.CommitInterval) = (guarantee, TimeSpan.FromMilliseconds(200));
            options.Time.MaxFuture = TimeSpan.FromDays(1);
            options.Faults.OnProduction = FaultResponse.Skip;
            options.Faults.Handler = fault =>
            {
                _faults.Enqueue(fault);
                return null;
            };
            Application = new(builder.Build(), options, clients);
            Started = Application.StartAsync(TestContext.Current.CancellationToken);
        }

        public StreamsApplication Application { get; }

        public Task Started { get; }

        public IReadOnlyCollection<Fault> Faults => _faults;

        public IEnumerable<string?> Values => _read.Select(r => r.Value);

        public async Task UntilRead(RefusedRecordTests test, int count)
        {
            await Started;
            _read.Clear();
            var reader = test.NewReader(_output);
            Until(() =>
            {
                if (Application.Completion.IsFaulted)
                    Application.Completion.GetAwaiter().GetResult();
                return Collect(reader, _read) >= count && _read.Select(r => r.Value).Distinct().Count() >= count;
            }, () => $"{_read.Count} of {count} results ({string.Join(' ', Values.Distinct())}), {string.Join("; ", _faults.Select(f => $"{f} {f.Exception?.Message}"))}, {Application.State}");
            // Nothing more comes.
            for (var i = 0; i < 5; i++)
                Collect(reader, _read);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await Application.DisposeAsync();
            }
            catch (ProcessingException)
            {
                // The test has seen it.
            }
        }
    }
}

public sealed class Refused_records_on_the_embedded_broker(EmbeddedKafka broker) : RefusedRecordTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Refused_records_on_Apache_Kafka(ApacheKafkaFixture fixture) : RefusedRecordTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
