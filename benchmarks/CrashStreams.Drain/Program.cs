using System.Globalization;
using CrashStreams;
using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Log;

// Measures the bare Kafka ports, what an engine above them can reach at most, and the crash monitor against them.
//   produce BOOTSTRAP TOPIC RECORDS [PARTITIONS]   makes the topic and fills it with records of 165 B
//   confluent BOOTSTRAP TOPIC RECORDS              the same through Confluent.Kafka's own producer
//   load BOOTSTRAP TOPIC RECORDS [PARTITIONS]      makes the topic and fills it with the load generator's lines
//   drain BOOTSTRAP TOPIC [librdkafka]             reads the topic to its end and only counts
//   java BOOTSTRAP TOPIC RECORDS KAFKA_HOME        the same with Kafka's own consumer tool
//   monitor BOOTSTRAP TOPIC RECORDS [THREADS] [GUARANTEE] [APPLICATION] [rocksdb] [plain] [librdkafka]
//                                                  runs the crash monitor on the topic until it has caught up, and tells what it waited for
//   latency BOOTSTRAP WINDOWS                      how long an alert takes with either clock
//   guarantees KAFKA_HOME RECORDS [ROUNDS]         starts an Apache Kafka and runs the monitor at-least-once, exactly-once and with two instances in turn
//   partitions BOOTSTRAP COUNT [RATE] [SECONDS]    what a windowed count over so many partitions costs while RATE (10) records come a second; 0: idle
//   compare KAFKA_HOME RESULT_FILE                 starts an Apache Kafka, loads it, and runs drain, monitor and java in turn
// With plain each record of the shuffle travels by itself. With librdkafka at the end it fetches, else the library itself.
if (args is not [var command, var bootstrap, var topic, ..])
{
    Console.Error.WriteLine("usage: CrashStreams.Drain produce|confluent|load|drain|java|monitor|latency|guarantees BOOTSTRAP TOPIC [RECORDS] [PARTITIONS|THREADS]");
    return 2;
}

int Argument(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
if (command == "compare")
{
    await Comparison.RunAsync(bootstrap, topic);
    return 0;
}

if (command == "guarantees")
{
    await Guarantees.RunAsync(bootstrap, long.Parse(topic, CultureInfo.InvariantCulture), args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 5);
    return 0;
}

if (command == "latency")
{
    await Latency.RunAsync(new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap }), int.Parse(topic, CultureInfo.InvariantCulture));
    return 0;
}

if (command == "partitions")
{
    await ManyPartitions.RunAsync(new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap }), bootstrap, int.Parse(topic, CultureInfo.InvariantCulture), Argument(3, 10), Argument(4, 30));
    return 0;
}

if (command == "trickle")
{
    ManyPartitions.Trickle(new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap }), topic, Argument(3, 10), Argument(4, 60));
    return 0;
}

if (command == "java")
{
    JavaConsumer.Run(args[4], bootstrap, topic, long.Parse(args[3], CultureInfo.InvariantCulture));
    return 0;
}

// The records' timestamps lie in the past: with the default retention a broker would delete them.
TopicSpec NewTopic() => new(topic, Argument(4, 12), new Dictionary<string, string> { ["retention.ms"] = "-1" });
var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap, Fetching = args is [.., "librdkafka"] ? FetchPath.Librdkafka : FetchPath.Own });
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
    case "load":
        await Loading.RunAsync(clients, topic, Argument(4, 12), Argument(3, 3_000_000));
        return 0;
    case "monitor":
        await Monitoring.RunAsync(clients, topic, Argument(3, 3_000_000), Argument(4, 1), args.Length > 5 ? Enum.Parse<ProcessingGuarantee>(args[5]) : ProcessingGuarantee.AtLeastOnce, args.Length > 6 ? args[6] : null, args.Contains("rocksdb"), args.Contains("plain") ? ShuffleFormat.Plain : ShuffleFormat.Packed);
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
        Console.Error.WriteLine($"'{command}' is none of produce, confluent, load, drain, java, monitor, latency, guarantees and compare.");
        return 2;
}
