using CrashStreams.State.Benchmarks;

switch (args.FirstOrDefault())
{
    case "restore":
        Restoring.Run(args.Skip(1));
        return 0;
    case "kafka" when args.Length > 1:
        await RestoringFromKafka.RunAsync(args[1], args.Skip(2));
        return 0;
    case "kill" when args.Length > 1:
        await Killing.RunAsync(args[1], args.Skip(2));
        return 0;
    case "totals":
        await TotalsProcess.RunAsync(args[1], args[2], int.Parse(args[3]), bool.Parse(args[4]));
        return 0;
    case "live":
        Living.Run(args.Skip(1));
        return 0;
    case "read":
        Reading.Run(args.Skip(1));
        return 0;
    case "stores":
        Storing.Run(args.Skip(1));
        return 0;
    case "failover":
        await FailoverRuns.RunAsync(args.Skip(1));
        return 0;
    case "instance":
        await FailoverInstance.RunAsync(args.Skip(1));
        return 0;
    default:
        Console.WriteLine("restore [keys=1000000] [versions=2] [batch=4096] [rounds=3]   bulk load of a store: records/s, CPU, memory, size, until flushed");
        Console.WriteLine("kafka KAFKA_HOME [keys=1000000] [partitions=4] [rounds=3]      restore of an application's state from an Apache Kafka on this machine");
        Console.WriteLine("kill KAFKA_HOME [keys=1000000] [partitions=4] [kills=5]        restart after kill -9 under load [rate=50000] [seconds=10]: records restored and their time");
        Console.WriteLine("live [keys=1000000] [stores=4] [commits=80] [changes=50000]        commits of random keys: CPU, bytes written, what a crash takes; unbounded and with [tail=200000]");
        Console.WriteLine("read [keys=1000000] [rounds=3]                                point reads, misses, scans, batches of updates");
        Console.WriteLine("stores [few=1000] [keys=1000000]                                       one access to each kind of store, in memory and on RocksDB: ns, bytes allocated");
        Console.WriteLine("failover [keys=300000] [session=3] [transaction=10] [rounds=3] [kafka=KAFKA_HOME]");
        Console.WriteLine("                                                              kill -9 of one of two instances under load: time until its output resumes, with and without a standby");
        return 1;
}
