using System.Globalization;
using CrashStreams.Broker.Benchmarks;
using CrashStreams.Broker.Benchmarks.Load;
using CrashStreams.Broker.Benchmarks.Scale;

const string Usage = """
    start                                   from nothing to the first acknowledged record, 20 times
    memory [MILLIONS]                       RSS of the broker's program after each million records (10)
    memory embedded [MILLIONS]              the same of a host's process
    recover [MB] [TIMES]                    from kill -9 to the next process's first answer (1000, 5)
    settle BOOTSTRAP [TIMES]                three KIP-848 members start; until each has its partitions (5)
    scale [SECONDS]                         1,000 partitions, 1,000 connections, 200 groups (60)
    log [DIR] [MB]                          the bare log on one thread: append, read, start (a temporary directory, 1024)
    produce BOOTSTRAP TOPIC RECORDS [RATE]  librdkafka as the client, acks=all; as fast as it goes, or RATE records/s
    consume BOOTSTRAP TOPIC RECORDS         librdkafka as the client, from the beginning
    batch-produce, batch-consume            the same through librdkafka's C API, as CrashStreams uses it
    null PORT                               a broker that acknowledges what is produced and does nothing else
    """;

switch (args)
{
    case ["start"]:
        await StartUp.RunAsync();
        return 0;
    case ["memory", "embedded", .. var rest]:
        await MemoryGrowth.RunEmbeddedAsync(Number(rest, 0, 10));
        return 0;
    case ["memory", .. var rest]:
        await MemoryGrowth.RunProgramAsync(Number(rest, 0, 10));
        return 0;
    case ["recover", .. var rest]:
        await Recovery.RunAsync(Number(rest, 0, 1000), Number(rest, 1, 5));
        return 0;
    case ["settle", var bootstrap, .. var rest]:
        await Settling.RunAsync(bootstrap, Number(rest, 0, 5));
        return 0;
    case ["scale", .. var rest]:
        return await ScaleRun.RunAsync(Number(rest, 0, 60)) ? 0 : 1;
    case ["log", .. var rest]:
        LogThroughput.Run(rest.Length > 0 ? rest[0] : Directory.CreateTempSubdirectory("log-benchmark").FullName, Number(rest, 1, 1024));
        return 0;
    case ["produce", var bootstrap, var topic, var records, .. var rest]:
        Console.WriteLine(ClientLoad.Produce(bootstrap, topic, long.Parse(records, CultureInfo.InvariantCulture), Number(rest, 0, 0)));
        return 0;
    case ["consume", var bootstrap, var topic, var records]:
        Console.WriteLine(ClientLoad.Consume(bootstrap, topic, long.Parse(records, CultureInfo.InvariantCulture)));
        return 0;
    case ["batch-produce", var bootstrap, var topic, var records]:
        Console.WriteLine(BatchLoad.Produce(bootstrap, topic, long.Parse(records, CultureInfo.InvariantCulture)));
        return 0;
    case ["batch-consume", var bootstrap, var topic, var records]:
        Console.WriteLine(await BatchLoad.ConsumeAsync(bootstrap, topic, long.Parse(records, CultureInfo.InvariantCulture)));
        return 0;
    case ["null", var port]:
        await NullBroker.ServeAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["serve", var directory]:
        await ServedBroker.ServeAsync(directory);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 1;
}

static int Number(string[] arguments, int at, int usual) => at < arguments.Length ? int.Parse(arguments[at], CultureInfo.InvariantCulture) : usual;
