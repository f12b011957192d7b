using System.CommandLine;
using System.Text;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Batch;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>batch</c>: the rows of all windows that end until a time.</summary>
internal static class BatchCommand
{
    public static Command Create()
    {
        var options = new LearningArguments();
        var storage = new StorageArguments();
        var until = new Option<string>("--until") { Description = "ISO time: rows of windows that end until then", Required = true };
        var command = new ExampleCommand(
            "batch", "Writes the rows of all windows that end until a time, from the topics, as the live run does: to batch_views/VIEW. Run it again with a later time; what is read meanwhile stays right.",
            "learning batch --until 2026-01-31T08:00:00Z")
        {
            until,
        };
        foreach (var option in options.All.Concat(storage.All))
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, end) = (options.Read(arguments), Parse(until.Name, arguments.GetValue(until)!));
            var files = storage.Open(arguments);
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await WriteAsync(clients, chosen, files, end, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Writes the views of all jobs.</summary>
    public static async Task WriteAsync(ILogClients clients, LearningOptions options, IViewStorage storage, DateTimeOffset until, CancellationToken cancellation)
    {
        var run = new BatchRun(clients, options, storage, TimeProvider.System);
        await Task.WhenAll(Jobs.All.Select(async job =>
        {
            var (rows, end) = await run.RunAsync(job, until, progress: null, cancellation);
            Steps.Above(() => Console.Error.WriteLine($"{Jobs.NameOf(job)}: {rows:N0} rows of windows that end until {end.UtcDateTime:yyyy-MM-dd HH:mm:ss}{(end < until ? ", as far as the events go" : "")}."));
        }));
    }

    private static DateTimeOffset Parse(string option, string text) => IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out var milliseconds)
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new UsageException($"{option} is '{text}', which is no ISO time: write for example 2026-01-31T08:00:00Z.");
}
