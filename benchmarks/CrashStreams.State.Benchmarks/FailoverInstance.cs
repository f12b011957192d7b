using System.Globalization;
using CrashStreams.Engine;
using CrashStreams.Kafka;
using CrashStreams.Operators;
using CrashStreams.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Logging;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// An instance in a process of its own, which can be killed. It tells on its output what it has, a line per change: <c>tasks 0 2 warm 2 restored 1234</c>
/// (partitions of running tasks, complete warm copies, records restored so far); its log goes to its error output; it stops when its input ends.
/// </summary>
internal static class FailoverInstance
{
    public const int Partitions = 4;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    public static string Input(string application) => $"{application}-in";

    public static string Output(string application) => $"{application}-out";

    /// <summary>Arguments: <c>bootstrap= application= guarantee= standbys= transaction= [state=DIRECTORY]</c>.</summary>
    public static async Task RunAsync(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        var application = arguments.Text("application");
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(Input(application)).GroupByKey().Count("counts").ToStream().To(Output(application));
        var kafka = new KafkaOptions { BootstrapServers = arguments.Text("bootstrap"), TransactionTimeout = TimeSpan.FromSeconds(arguments.Number("transaction", 10)) };
        using var state = arguments.Text("state") is { Length: > 0 } directory ? new RocksDbState(new() { Directory = directory }) : null;
        var restored = 0L;
        using var loggers = LoggerFactory.Create(static l => l.AddSimpleConsole(static o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss.fff "))
            .Services.Configure<ConsoleLoggerOptions>(static o => o.LogToStandardErrorThreshold = LogLevel.Trace));
        await using var instance = new StreamsApplication(builder.Build(), new()
        {
            ApplicationId = application, Delivery = { Guarantee = Enum.Parse<ProcessingGuarantee>(arguments.Text("guarantee")) }, State = { StandbyReplicas = arguments.Number("standbys", 0), Storage = state, OnRestore = r => Interlocked.Add(ref restored, r.IsComplete ? r.Records : 0) },
        }, new KafkaLogClients(kafka), loggers);
        await instance.StartAsync();
        var end = Task.Run(Console.In.ReadToEnd);
        for (var told = ""; !end.IsCompleted; await Task.WhenAny(end, Task.Delay(_look, TimeProvider.System)))
        {
            if (instance.Completion.IsFaulted)
                await instance.Completion;
            var now = Describe(instance, Interlocked.Read(ref restored));
            if (now != told)
                Console.WriteLine(told = now);
        }

        await instance.StopAsync();
    }

    private static string Describe(StreamsApplication instance, long restored)
    {
        // There is none while it begins again.
        var thread = instance.Threads.SingleOrDefault();
        var tasks = thread?.Tasks.Where(t => t.State == TaskState.Running).Select(t => t.Id.Partition) ?? [];
        var warm = thread?.CompleteStandbys ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"tasks {string.Join(' ', tasks)} warm {warm} restored {restored}");
    }
}
