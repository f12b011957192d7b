using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Learning.Serving;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>serve</c>: the API over the stored views.</summary>
internal static class ServeCommand
{
    public const int DefaultCacheMegabytes = 64;
    private const int BytesOfAMegabyte = 1_000_000;

    public static Command Create()
    {
        var storage = new StorageArguments();
        var urls = new Option<string>("--urls") { Description = "Where the API listens", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var cache = new Option<int>("--cache") { Description = "Megabytes of rows that are kept in memory", DefaultValueFactory = _ => DefaultCacheMegabytes };
        var log = new ChoiceOption<LogLevel>("--log", "What is logged", LogLevel.Warning);
        var command = new ExampleCommand(
            "serve", "Answers GET /views/VIEW?from=ISO&to=ISO[&COLUMN=VALUE] from the stored views until Ctrl-C: batch rows up to the end of the batch, live rows after it.",
            "learning serve --s3 http://localhost:9000 --bucket views --urls http://0.0.0.0:8080") { urls, cache, log };
        foreach (var option in storage.All)
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var address = arguments.GetValue(urls)!;
            if (!address.Split(';').All(static url => Uri.TryCreate(url.Replace("*", "localhost", StringComparison.Ordinal).Replace("+", "localhost", StringComparison.Ordinal), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                throw new UsageException($"{urls.Name} '{address}' is no address like http://127.0.0.1:8080.");
            if (arguments.GetValue(cache) < 0)
                throw new UsageException($"{cache.Name} must not be negative.");
            await using var host = ServeHost.Create(storage.Open(arguments), address, (long)arguments.GetValue(cache) * BytesOfAMegabyte, log.Read(arguments));
            await host.StartAsync(cancellation);
            Console.Error.WriteLine($"Listening on {address}: GET / (charts), /views, /views/VIEW?from=ISO&to=ISO, /health, /openapi.json, /metrics. Ctrl-C stops.");
            await host.WaitForShutdownAsync(cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
