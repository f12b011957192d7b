using System.Buffers;
using CrashStreams.Broker;
using CrashStreams.Faults;
using CrashStreams.Kafka;
using CrashStreams.RocksDb;

namespace CrashStreams.Tests.Faults;

/// <summary>A store's entry that its serde can't write, found at the commit: on a real broker, in several lives of an application.</summary>
public sealed class PoisonedEntryTests : IDisposable
{
    private const string Poison = "x";

    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-poison-").FullName;
    private readonly List<Fault> _faults = [];

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, false)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, true)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, true)]
    public async Task It_is_taken_back_to_what_it_was_and_the_others_are_committed(ProcessingGuarantee guarantee, bool onDisk)
    {
        await using var broker = await BrokerAsync();
        await LiveAsync(broker, guarantee, onDisk, FaultResponse.Skip, ("k", "a"), ("j", "c"));
        _faults.Should().BeEmpty();

        await LiveAsync(broker, guarantee, onDisk, FaultResponse.Skip, ("k", Poison), ("j", "d"));
        _faults.Should().OnlyContain(f => f.Kind == FaultKind.Production && f.Node == "texts" && f.Reason == "not-serialized").And.NotBeEmpty();

        await LiveAsync(broker, guarantee, onDisk, FaultResponse.Skip, ("k", "b"), ("j", "e"));

        var results = await broker.ReadAsync("out", 0, committedOnly: true);
        results.Select(static r => Serdes.String.Deserialize(r.Value)).Should().BeEquivalentTo(["a", "c", "ax", "cd", "ab", "cde"]);
        (await broker.CommittedOffsetsAsync("poison")).Values.Should().Contain(6);
    }

    [Fact]
    public async Task Without_a_response_the_application_fails_and_names_the_store()
    {
        await using var broker = await BrokerAsync();
        var life = () => LiveAsync(broker, ProcessingGuarantee.AtLeastOnce, onDisk: false, FaultResponse.Fail, ("k", Poison));
        await life.Should().ThrowAsync<CrashStreamsException>().WithMessage("*'texts'*");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<EmbeddedBroker> BrokerAsync()
    {
        var broker = await EmbeddedBroker.StartAsync();
        foreach (var topic in new[] { "in", "out" })
            await broker.CreateTopicAsync(topic, 1);
        return broker;
    }

    // From the start to all read and committed, with what is written before.
    private async Task LiveAsync(EmbeddedBroker broker, ProcessingGuarantee guarantee, bool onDisk, FaultResponse response, params IReadOnlyList<(string Key, string Value)> records)
    {
        await broker.AppendAsync("in", 0, [.. records.Select(static r => ((byte[]?)Simulation.TestInput.Bytes(r.Key), (byte[]?)Simulation.TestInput.Bytes(r.Value)))]);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(static () => "", static (_, value, text) => text + value, new() { Name = "texts", ValueSerde = new WithoutPoison() }, "texts")
            .ToStream().To("out", new() { ValueSerde = Serdes.String });
        using var storage = onDisk ? new RocksDbState(new() { Directory = _directory }) : null;
        var options = new StreamsOptions
        {
            ApplicationId = "poison", Delivery = { Guarantee = guarantee }, State = { Storage = storage },
            Faults =
            {
                Handler = fault =>
                {
                    _faults.Add(fault);
                    return response;
                },
            },
        };
        await using var application = new StreamsApplication(builder.Build(), options, new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers }));
        await application.StartAsync();
        await application.CaughtUpAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await application.StopAsync();
        await application.Completion;
    }

    private sealed class WithoutPoison : Serde<string>
    {
        public override string Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);

        public override void Serialize(string value, IBufferWriter<byte> output)
        {
            if (value.Contains(Poison, StringComparison.Ordinal))
                throw new InvalidOperationException("A text that can't be written.");
            Serdes.String.Serialize(value, output);
        }
    }
}
