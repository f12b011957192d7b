using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Flyers.Load;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary><c>load</c>: posts generated events.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var defaults = new FlyerLoad();
        var address = new FlyerArguments();
        var count = new Option<long>("--count", "-n") { Description = "How many events", DefaultValueFactory = _ => defaults.Events };
        var users = new Option<int>("--users") { Description = "How many users", DefaultValueFactory = _ => defaults.Users };
        var batch = new Option<int>("--batch") { Description = "Events in a request", DefaultValueFactory = _ => defaults.Batch };
        var posters = new Option<int>("--posters") { Description = "Requests at a time", DefaultValueFactory = _ => 8 };
        var rate = new Option<double>("--rate") { Description = "Events per second, whatever the answers take, which then count from when their request was due; 0: each poster goes on when it has its answer", DefaultValueFactory = _ => 0 };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same events", DefaultValueFactory = _ => defaults.Seed };
        var async = new Option<bool>("--no-wait") { Description = "Post with ?wait=false: answers come when the topic has the events" };
        var command = new ExampleCommand("load", "Posts generated events to a running API.", "flyers load --count 100000 --batch 100", "flyers load --rate 2000 --posters 50", "flyers load --no-wait --posters 16") { address.Urls, count, users, batch, posters, rate, seed, async };
        command.SetAction(async (arguments, cancellation) =>
        {
            var load = new FlyerLoad(arguments.GetValue(count), arguments.GetValue(users), arguments.GetValue(batch), defaults.RepeatedShare, arguments.GetValue(seed));
            if (load.Events < 1 || load.Users < 1 || load.Batch < 1 || arguments.GetValue(posters) < 1)
                throw new UsageException($"{count.Name}, {users.Name}, {batch.Name} and {posters.Name} must be at least 1.");
            if (!(arguments.GetValue(rate) >= 0))
                throw new UsageException($"{rate.Name} must not be negative.");
            await new Poster(Api(arguments.GetValue(address.Urls)!), arguments.GetValue(posters), !arguments.GetValue(async), arguments.GetValue(rate)).RunAsync(load, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <exception cref="UsageException">It is no address.</exception>
    public static Uri Api(string urls) => Uri.TryCreate(urls.Split(';')[0], UriKind.Absolute, out var api) ? api : throw new UsageException($"--urls '{urls}' is no address like http://127.0.0.1:8080.");
}
