using System.Globalization;
using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Log;

// Measures the bare Kafka ports: what an engine above them can reach at most.
//   produce BOOTSTRAP TOPIC RECORDS [PARTITIONS]   makes the topic and fills it with records of 165 B
//   confluent BOOTSTRAP TOPIC RECORDS              the same through Confluent.Kafka's own producer
//   drain BOOTSTRAP TOPIC                          reads the topic to its end and only counts
if (args is not [var command, var bootstrap, var topic, ..])
{
    Console.Error.WriteLine("usage: CrashStreams.Drain produce|confluent|drain BOOTSTRAP TOPIC [RECORDS] [PARTITIONS]");
    return 2;
}

int Argument(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
// The records' timestamps lie in the past: with the default retention a broker would delete them.
TopicSpec NewTopic() => new(topic, Argument(4, 12), new Dictionary<string, string> { ["retention.ms"] = "-1" });
var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap });
using var admin = clients.CreateAdmin("drain");
switch (command)
{
    case "produce":
        await admin.CreateTopicsAsync([NewTopic()], default);
        Producing.WithPort(clients, topic, Argument(3, 1_000_000));
        return 0;
    case "confluent":
        await admin.CreateTopicsAsync([NewTopic()], default);
        Producing.WithConfluent(bootstrap, topic, Argument(3, 1_000_000), Argument(4, 12));
        return 0;
    case "drain":
        if (!(await admin.PartitionCountsAsync([topic], default)).TryGetValue(topic, out var count))
        {
            Console.Error.WriteLine($"There is no topic {topic}.");
            return 1;
        }

        Draining.Run(clients, await admin.OffsetsAsync([.. Enumerable.Range(0, count).Select(p => new TopicPartition(topic, p))], default));
        return 0;
    default:
        Console.Error.WriteLine($"'{command}' is none of produce, confluent and drain.");
        return 2;
}
