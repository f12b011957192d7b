using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Samples.AdCampaigns.Load;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.AdCampaigns.Commands;

/// <summary><c>load</c>: writes the table of ads, then events.</summary>
internal static class LoadCommand
{
    // Enough for a running instance to read the table before the first event.
    private static readonly TimeSpan _afterAds = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var topics = new CampaignArguments();
        var load = new LoadArguments(new());
        var arrivals = new ChoiceOption<Arrivals>("--arrivals", "When events come: at random, in bursts, or at equal times", Arrivals.Poisson);
        var command = new ExampleCommand(
            "load", "Writes the table of ads, then events by several producers side by side. Event times are those of the sending unless --start is given; then the same options give the same events.",
            "ad-campaigns load", "ad-campaigns load --arrivals mmpp --producers 4 --count 100000 --duration 30s --seed 7")
        {
            arrivals,
        };
        foreach (var option in topics.Inputs)
            command.Add(option);
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (options, generated) = (topics.Read(arguments), load.Read(arguments) with { Arrivals = arrivals.Read(arguments) });
            var clients = await KafkaOption.ConnectAsync(ForLatency(KafkaOption.Read(arguments)), ownBroker: null, cancellation);
            await new AdProducers(clients, generated).SendAdsAsync(options.Ads, cancellation);
            await Task.Delay(_afterAds, TimeProvider.System, cancellation);
            await SendEventsAsync(clients, options, generated, cancellation);
            return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        });
        return command;
    }

    /// <summary>Events and results go at once: what a larger batch would save is less than what it would wait.</summary>
    public static KafkaOptions ForLatency(KafkaOptions options) => options with { Linger = TimeSpan.FromMilliseconds(1) };

    public static async Task SendEventsAsync(ILogClients clients, CampaignOptions options, CampaignLoad load, CancellationToken cancellation)
    {
        using var steps = new Steps($"load, {load.Arrivals}", TimeProvider.System);
        var sent = await new AdProducers(clients, load).SendEventsAsync(options.Events, new OfAll(steps, (long)load.Count * load.Producers), cancellation);
        Steps.Above(() => Console.Error.WriteLine($"Wrote {sent:N0} events."));
    }

    // Producers report from threads of their own.
    private sealed class OfAll(Steps steps, long all) : IProgress<long>
    {
        private readonly Lock _lock = new();

        public void Report(long value)
        {
            lock (_lock)
                steps.Report((value, all));
        }
    }
}

/// <summary>The arguments that say what is generated.</summary>
/// <param name="defaults">What is generated unless they say otherwise.</param>
internal sealed class LoadArguments(CampaignLoad defaults)
{
    private readonly Option<int> _producers = new("--producers") { Description = "Producers, side by side", DefaultValueFactory = _ => defaults.Producers };
    private readonly Option<int> _count = new("--count", "-n") { Description = "Events of each producer", DefaultValueFactory = _ => defaults.Count };
    private readonly DurationOption _duration = new("--duration", "How long each producer takes for them, about", defaults.Duration);
    private readonly Option<DateTimeOffset?> _start = new("--start") { Description = "Event time of the first event [default: events happen when they are sent]" };
    private readonly Option<double> _malformed = new("--malformed-share") { Description = "Share of malformed events, 0 to 1", DefaultValueFactory = _ => defaults.MalformedShare };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same events", DefaultValueFactory = _ => defaults.Seed };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _producers, _count, _duration, _start, _malformed, _seed })
            command.Add(option);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public CampaignLoad Read(ParseResult arguments)
    {
        var load = new CampaignLoad
        {
            Producers = arguments.GetValue(_producers),
            Count = arguments.GetValue(_count),
            Duration = _duration.Read(arguments),
            Start = arguments.GetValue(_start),
            MalformedShare = arguments.GetValue(_malformed),
            Seed = arguments.GetValue(_seed),
        };
        if (load.Producers < 1 || load.Count < 1 || load.Duration < TimeSpan.Zero)
            throw new UsageException($"{_producers.Name} and {_count.Name} must be at least 1, {_duration.Name} not negative.");
        if (load.MalformedShare is not (>= 0 and <= 1))
            throw new UsageException($"{_malformed.Name} must be from 0 to 1.");
        return load;
    }
}
