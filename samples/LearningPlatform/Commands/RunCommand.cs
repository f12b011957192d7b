using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Running;
using CrashStreams.Samples.Learning.Topology;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Sinks;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>run</c>: the jobs.</summary>
internal static class RunCommand
{
    private const int FetchAheadBytes = 512 << 10;

    public static Command Create()
    {
        var options = new LearningArguments();
        var storage = new StorageArguments();
        var state = new StateOption();
        var idle = new IdleOption();
        var jobs = new Argument<string[]>("job") { Description = "Which jobs; all of them by default", Arity = ArgumentArity.ZeroOrMore };
        var log = new ChoiceOption<LogLevel>("--log", "What is logged", LogLevel.Warning);
        var exit = new Option<bool>("--exit-when-caught-up") { Description = "Stop when all that was there at the start is processed and its rows are written" };
        var command = new ExampleCommand("run", "Runs jobs until Ctrl-C. Start it several times to share the work.", "learning run --bootstrap kafka:9092 --s3 http://storage:9000 --bucket views", "learning run auth video --exit-when-caught-up")
        {
            jobs, exit, log,
        };
        foreach (var option in options.All.Concat(storage.All))
            command.Add(option);
        state.AddTo(command);
        idle.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var untilCaughtUp = arguments.GetValue(exit);
            var (chosen, kafka) = (options.Read(arguments) with { IdleAfter = idle.Read(arguments, untilCaughtUp) }, KafkaOption.Read(arguments));
            var named = arguments.GetValue(jobs)!.Select(name => Jobs.Find(name) ?? throw new UsageException($"There is no job '{name}': {string.Join(", ", Jobs.All.Select(Jobs.NameOf))}.")).Distinct().ToList();
            var files = storage.Open(arguments);
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            // Six consumers of several partitions each fetch ahead: by default they would hold more than all views.
            var clients = KafkaOption.Clients(kafka with { FetchAheadBytes = FetchAheadBytes }, broker);
            using var kept = state.Open(arguments);
            if (broker is not null)
                await TopicCommands.CreateAsync(clients, chosen.Topics(LearningTopics.DefaultPartitions), cancellation);
            using var runner = new Runner(named.Count == 0 ? Jobs.All : named, chosen, files, clients, kept, log.Read(arguments));
            Console.Error.WriteLine($"Running {string.Join(", ", (named.Count == 0 ? Jobs.All : named).Select(Jobs.NameOf))}, writing views to {files.Address}. Ctrl-C stops.");
            await runner.RunAsync(untilCaughtUp, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Starts a job.</summary>
    public static async Task<SampleRun> StartAsync(ILogClients clients, LearningOptions options, Job job, IStateStorage? state, LogLevel log, IFileStorage storage, CancellationToken cancellation)
    {
        var sinks = LearningTopology.Sinks(job, storage);
        var run = new SampleRun(LearningTopology.Build(job, options, sinks), options.ToStreamsOptions(job, state), clients, log)
        {
            Note = () => sinks.Select(sink => sink.Blocked).OfType<string>().FirstOrDefault() is { } fault ? $"{sinks.Sum(sink => sink.WaitingRows):N0} rows wait for the storage: {fault}" : null,
            WrittenAsync = stop => Task.WhenAll(sinks.Select(sink => sink.WrittenAsync(stop))),
        };
        await run.StartAsync(cancellation);
        return run;
    }
}
