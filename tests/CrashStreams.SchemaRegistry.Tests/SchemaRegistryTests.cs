using System.Buffers.Binary;
using Avro;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using CrashStreams.Testing;

namespace CrashStreams.SchemaRegistry.Tests;

/// <summary>Topologies with a schema registry that is asked over HTTP.</summary>
public sealed class SchemaRegistryTests : IAsyncLifetime
{
    private static readonly RecordSchema _order = (RecordSchema)Avro.Schema.Parse("""{"type":"record","name":"Order","fields":[{"name":"customer","type":"string"},{"name":"amount","type":"double"}]}""");

    private SchemaRegistryServer _server = null!;
    private CachedSchemaRegistryClient _registry = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await SchemaRegistryServer.StartAsync();
        _registry = new(new SchemaRegistryConfig { Url = _server.Url, MaxRetries = 1, RetriesWaitMs = 1 });
    }

    public async ValueTask DisposeAsync()
    {
        _registry.Dispose();
        await _server.DisposeAsync();
    }

    private static GenericRecord Order(string customer, double amount)
    {
        var order = new GenericRecord(_order);
        order.Add("customer", customer);
        order.Add("amount", amount);
        return order;
    }

    // As any producer of Confluent's writes it.
    private Task<byte[]> AvroBytesAsync(string topic, GenericRecord order) => new AvroSerializer<GenericRecord>(_registry).SerializeAsync(order, new(MessageComponentType.Value, topic));

    private TopologyTestDriver TotalsPerCustomer(Action<StreamsOptions>? configure = null)
    {
        var (orders, builder) = (SchemaRegistrySerdes.Avro<GenericRecord>(_registry), new StreamsBuilder());
        builder.Stream("orders", new Consumed<string, GenericRecord> { ValueSerde = orders })
            .GroupBy((_, order) => (string)order["customer"], new() { Name = "by-customer", ValueSerde = orders })
            .Reduce((sum, order) => Order((string)sum["customer"], (double)sum["amount"] + (double)order["amount"]), "totals")
            .ToStream()
            .To("totals", new Produced<string, GenericRecord> { ValueSerde = orders });
        var options = new StreamsOptions { ApplicationId = "shop" };
        configure?.Invoke(options);
        return new(builder.Build(), options);
    }

    [Fact]
    public async Task Avro_goes_through_shuffle_store_and_sink_and_each_topic_has_its_subject()
    {
        using var driver = TotalsPerCustomer();
        driver.Pipe("orders", null, await AvroBytesAsync("orders", Order("ann", 10)), 1);
        driver.Pipe("orders", null, await AvroBytesAsync("orders", Order("ann", 5)), 2);

        var totals = driver.Read("totals").Select(static total => total.Value!).ToList();
        var read = await new AvroDeserializer<GenericRecord>(_registry).DeserializeAsync(totals[^1], isNull: false, new(MessageComponentType.Value, "totals"));
        read["amount"].Should().Be(15.0);
        totals[^1][0].Should().Be(0, "that is the magic byte");
        BinaryPrimitives.ReadInt32BigEndian(totals[^1].AsSpan(1)).Should().Be(1, "the same schema has one id");
        _server.Subjects.Should().Equal("orders-value", "shop-by-customer-repartition-value", "shop-totals-changelog-value", "totals-value");
    }

    [Fact]
    public async Task A_state_that_was_written_with_a_schema_is_restored_with_it()
    {
        using var driver = TotalsPerCustomer();
        driver.Pipe("orders", null, await AvroBytesAsync("orders", Order("ann", 10)), 1);
        driver.Restart();
        driver.Pipe("orders", null, await AvroBytesAsync("orders", Order("ann", 1)), 2);

        driver.KeyValueStore<string, GenericRecord>("totals").TryGet("ann", out var total).Should().BeTrue();
        ((double)total["amount"]).Should().Be(11);
    }

    [Fact]
    public void Bytes_of_no_schema_are_a_bad_record()
    {
        using var driver = TotalsPerCustomer(static options => options.Faults.OnDeserialization = FaultResponse.Skip);

        driver.Pipe("orders", null, [0, 0, 0, 0, 77, 1, 2], 1);
        driver.Pipe("orders", null, "hello"u8.ToArray(), 2);

        driver.Dropped.Values.Sum().Should().Be(2);
    }

    [Fact]
    public async Task A_registry_that_is_away_is_no_fault_of_the_record()
    {
        using var driver = TotalsPerCustomer(static options => options.Faults.OnDeserialization = FaultResponse.Skip);
        var bytes = await AvroBytesAsync("orders", Order("ann", 10));
        using var fresh = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _server.Url, MaxRetries = 1, RetriesWaitMs = 1 });
        var serde = SchemaRegistrySerdes.Avro<GenericRecord>(fresh);
        _server.IsDown = true;

        var read = () => serde.Deserialize(bytes);

        read.Should().Throw<Log.LogException>().Where(static e => e.IsRetriable).WithMessage("The schema registry does not answer*");
        _server.IsDown = false;
        ((double)serde.Deserialize(bytes)["amount"]).Should().Be(10);
    }

    [Fact]
    public void Json_schema_is_registered_and_checked()
    {
        var visits = SchemaRegistrySerdes.Json<Visit>(_registry);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("pages").MapValues(static page => new Visit { Page = page, Seconds = 3 }).To("visits", new Produced<string, Visit> { ValueSerde = visits });
        using var driver = new TopologyTestDriver(builder.Build(), new StreamsOptions { ApplicationId = "web" });

        driver.Input<string, string>("pages").Pipe("ann", "/", 1);

        driver.Output("visits", valueSerde: visits, keySerde: Serdes.String).Read().Single().Value.Page.Should().Be("/");
        _server.Subjects.Should().Equal("visits-value");
    }

    [Fact]
    public void Any_serializer_of_Confluents_client_is_a_serde_and_sees_topic_and_headers()
    {
        var seen = new SeenContexts();
        var serde = SchemaRegistrySerdes.Of<string>(seen, seen);
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, string> { ValueSerde = serde }).To("out", new Produced<string, string> { ValueSerde = serde });
        using var driver = new TopologyTestDriver(builder.Build(), new StreamsOptions { ApplicationId = "seen" });

        driver.Pipe("in", null, "hello"u8.ToArray(), 1, new Log.Headers().Add("from", "test"));

        seen.Read.Should().Equal("in Value from=test");
        seen.Written.Should().Equal("out Value from=test");
        driver.Read("out").Single().Headers!.Select(static header => header.Key).Should().Equal("from", "written-by");
    }

    public sealed class Visit
    {
        public required string Page { get; set; }

        public int Seconds { get; set; }
    }

    private sealed class SeenContexts : ISerializer<string>, IDeserializer<string>
    {
        public List<string> Read { get; } = [];

        public List<string> Written { get; } = [];

        public byte[] Serialize(string data, SerializationContext context)
        {
            Written.Add(Text(context));
            context.Headers.Add("written-by", "serializer"u8.ToArray());
            return Confluent.Kafka.Serializers.Utf8.Serialize(data, context);
        }

        public string Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            Read.Add(Text(context));
            return Deserializers.Utf8.Deserialize(data, isNull, context);
        }

        private static string Text(SerializationContext context) =>
            $"{context.Topic} {context.Component} {string.Join(',', context.Headers.Select(static header => $"{header.Key}={System.Text.Encoding.UTF8.GetString(header.GetValueBytes())}"))}";
    }
}
