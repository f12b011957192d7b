namespace CrashStreams.Suite.Brokers;

/// <summary>Which broker is measured with: <c>--broker embedded|kafka</c>.</summary>
internal sealed record BrokerOptions(string Kind, string Program, string KafkaHome)
{
    public static BrokerOptions Parse(Arguments arguments, string otherwise)
    {
        var options = new BrokerOptions(arguments.Text("broker", otherwise), arguments.Text("broker-program", "crashstreams-broker"), arguments.Text("kafka-home", ""));
        return options.Kind is "embedded" or "kafka" ? options : throw new ArgumentException($"--broker is embedded or kafka, not '{options.Kind}'.");
    }

    public async Task<IBroker> StartAsync() => Kind == "kafka" ? new KafkaBroker(KafkaHome) : await EmbeddedBroker.StartAsync(Program);
}
