using Confluent.SchemaRegistry;
using CrashStreams.SchemaRegistry.Tests.Protos;
using CrashStreams.Testing;
using Google.Protobuf.WellKnownTypes;

namespace CrashStreams.SchemaRegistry.Tests;

/// <summary>Protobuf in the format of Confluent's serializers: its bytes, its subjects, and values of other messages.</summary>
public sealed class ProtobufTests : IAsyncLifetime
{
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

    private static Order Order(string customer, params int[] cents)
    {
        var order = new Order { Customer = customer, At = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) };
        order.Lines.AddRange(cents.Select(static c => new Order.Types.Line { Article = "book", Price = new Money { Currency = "EUR", Cents = c } }));
        return order;
    }

    private TopologyTestDriver Totals(FaultResponse onDeserialization = FaultResponse.Fail)
    {
        var (orders, builder) = (SchemaRegistrySerdes.Protobuf<Order>(_registry), new StreamsBuilder());
        builder.Stream("orders", new Consumed<string, Order> { ValueSerde = orders })
            .GroupBy((_, order) => order.Customer, new() { Name = "by-customer", ValueSerde = orders })
            .Reduce((sum, order) => new Order(sum) { Lines = { order.Lines } }, "totals")
            .ToStream()
            .FlatMapValues(static order => order.Lines)
            .To("lines", new Produced<string, Order.Types.Line> { ValueSerde = SchemaRegistrySerdes.Protobuf<Order.Types.Line>(_registry) });
        return new(builder.Build(), new StreamsOptions { ApplicationId = "shop", Faults = { OnDeserialization = onDeserialization } });
    }

    [Fact]
    public void A_message_goes_through_shuffle_store_and_sink_and_imports_have_subjects_of_their_own()
    {
        using var driver = Totals();
        var orders = driver.Input("orders", Serdes.String, SchemaRegistrySerdes.Protobuf<Order>(_registry));
        orders.Pipe("1", Order("ann", 1_000), 1);
        driver.Restart();
        driver.Input("orders", Serdes.String, SchemaRegistrySerdes.Protobuf<Order>(_registry)).Pipe("2", Order("ann", 550), 2);

        driver.Output("lines", Serdes.String, SchemaRegistrySerdes.Protobuf<Order.Types.Line>(_registry)).Read().Select(static line => line.Value.Price.Cents).Should().Equal(1_000, 1_000, 550);
        _server.Subjects.Should().Equal("lines-value", "money.proto", "orders-value", "shop-by-customer-repartition-value", "shop-totals-changelog-value");
        _server.ReferencesOf("orders-value").Should().Equal("money.proto of money.proto, version 1");
    }

    [Theory]
    [InlineData("cancellation", "00-00000001-00", "the first message of a file has a short form")]
    [InlineData("order", "00-00000001-0202", "one index, which is 1")]
    [InlineData("line", "00-00000001-040200", "two indexes, 1 and 0")]
    [InlineData("money", "00-00000001-00", "of the imported file")]
    public void Bytes_begin_with_the_schemas_id_and_where_its_file_has_the_message(string message, string head, string because)
    {
        // The imported file is registered first, and would have the id 1.
        if (message != "money")
            _ = Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry), new());
        var bytes = message switch
        {
            "cancellation" => Bytes(SchemaRegistrySerdes.Protobuf<Cancellation>(_registry), new()),
            "order" => Bytes(SchemaRegistrySerdes.Protobuf<Order>(_registry), new()),
            "line" => Bytes(SchemaRegistrySerdes.Protobuf<Order.Types.Line>(_registry), new()),
            _ => Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry), new()),
        };

        var expected = Convert.FromHexString(head.Replace("-", "", StringComparison.Ordinal));
        expected[4] = (byte)(message == "money" ? 1 : 2);
        bytes.Should().Equal(expected, because);
    }

    [Fact]
    public void A_value_of_another_message_is_a_bad_record_and_not_one_with_fields_of_this()
    {
        using var driver = Totals(FaultResponse.Skip);
        var cancellation = Bytes(SchemaRegistrySerdes.Protobuf<Cancellation>(_registry), new Cancellation { Customer = "ann" });

        driver.Pipe("orders", null, cancellation, 1);
        driver.Pipe("orders", null, "hello, world"u8.ToArray(), 2);
        driver.Pipe("orders", null, [0, 0, 0, 0, 1], 3);
        driver.Pipe("orders", null, [0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 4);

        driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long> { ["other-message-type"] = 1, ["not-of-a-registry"] = 2, ["no-message-indexes"] = 1 });
        driver.Read("lines").Should().BeEmpty();
    }

    [Fact]
    public void Subjects_can_be_named_after_messages()
    {
        _ = Bytes(SchemaRegistrySerdes.Protobuf<Order>(_registry, SubjectNameStrategy.Record), new());
        _ = Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry, SubjectNameStrategy.TopicRecord), new());

        _server.Subjects.Should().Equal("money.proto", "out-shop.Money", "shop.Order");
    }

    [Fact]
    public void A_schema_that_is_not_to_be_registered_has_to_be_there()
    {
        var write = () => Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry, registersSchemas: false), new());

        write.Should().Throw<ProcessingException>().WithMessage("Production fault at *out*");
        _ = Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry), new());
        write.Should().NotThrow();
    }

    [Fact]
    public void A_registry_that_is_away_is_no_fault_of_the_record()
    {
        var bytes = Bytes(SchemaRegistrySerdes.Protobuf<Money>(_registry), new Money { Cents = 5 });
        using var fresh = new CachedSchemaRegistryClient(new SchemaRegistryConfig { Url = _server.Url, MaxRetries = 1, RetriesWaitMs = 1 });
        var serde = SchemaRegistrySerdes.Protobuf<Money>(fresh);
        _server.IsDown = true;

        var read = () => serde.Deserialize(bytes);

        read.Should().Throw<Log.LogException>().Where(static e => e.IsRetriable).WithMessage("The schema registry does not answer*");
        _server.IsDown = false;
        read().Cents.Should().Be(5);
    }

    // As a sink writes it.
    private static byte[] Bytes<T>(Serde<T> serde, T value)
        where T : class
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(_ => value).To("out", new Produced<string, T> { ValueSerde = serde });
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", null, "x"u8.ToArray(), 1);
        return driver.Read("out").Single().Value!;
    }
}
