using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CrashStreams.Telemetry;

namespace CrashStreams.Kafka.Tests.Fetching;

/// <summary>What the library fetches librdkafka does not fetch as well.</summary>
public sealed class OneFetcherTests(EmbeddedKafka broker) : LogTest
{
    private const int Records = 200, RecordBytes = 50_000;

    protected override IKafkaBroker Broker => broker;

    [Theory]
    [InlineData(GroupProtocol.Consumer)]
    [InlineData(GroupProtocol.Classic)]
    public async Task A_member_receives_its_records_once(GroupProtocol protocol)
    {
        var topic = await NewTopic(partitions: 2);
        var producer = NewProducer();
        for (var i = 0; i < Records; i++)
            producer.Send(topic, i % 2, Record(null, new string('x', RecordBytes)));
        producer.Flush();
        var clients = new KafkaLogClients(Options with { GroupProtocol = protocol, StatisticsInterval = TimeSpan.FromMilliseconds(100) });
        var name = NewName("member");
        var received = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "crashstreams.librdkafka.broker.received")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags[0].Value is string client && client == name)
                received.AddOrUpdate($"{tags[1].Value}", value, (_, old) => Math.Max(old, value));
        });
        listener.Start();

        var member = Open(clients.CreateConsumer(name, NewName("group"), readCommitted: true));
        member.Subscribe([topic], new Assignments());
        ReadAll(member, Records);
        // Statistics come with polls.
        Until(() =>
        {
            member.Poll(Wait);
            listener.RecordObservableInstruments();
            return received.Values.Sum() > 0;
        });

        received.Values.Sum().Should().BeLessThan((long)Records * RecordBytes / 10);
    }
}
