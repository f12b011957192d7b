using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Clickstream.Load;
using CrashStreams.Samples.Load;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary><c>load</c>: writes generated events.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var topics = new ClickstreamArguments();
        var load = new LoadArguments(new ClickstreamLoad());
        var command = new ExampleCommand(
            "load", "Writes generated clicks and purchases, in the order of event time. The same seed, start and options give the same events.",
            "clickstream load --rate 1000 --duration 10m",
            "clickstream load --count 1000000 --speed 0 --out-of-order-share 0.1 --malformed-share 0.01 --seed 7");
        foreach (var option in topics.Inputs)
            command.Add(option);
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (options, generated) = (topics.Read(arguments), load.Read(arguments, TimeProvider.System));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await SendAsync(clients, options, generated, cancellation);
            return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        });
        return command;
    }

    public static async Task SendAsync(ILogClients clients, ClickstreamOptions options, ClickstreamLoad load, CancellationToken cancellation)
    {
        using var steps = new Steps("load", TimeProvider.System);
        var sent = await new PacedSender(clients, load.Speed).SendAsync(
            new ClickGenerator(load, options.Clickstream, options.Transactions).Events(), [options.Clickstream, options.Transactions],
            $"clickstream topics create --clickstream {options.Clickstream} --transactions {options.Transactions}",
            done => steps.Report((done, load.Count)), cancellation);
        Steps.Above(() => Console.Error.WriteLine($"Wrote {sent:N0} events, event time {load.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss} to {(load.Start + load.Duration).UtcDateTime:yyyy-MM-dd HH:mm:ss}."));
    }
}

/// <summary>The arguments that say what is generated.</summary>
/// <param name="defaults">What is generated unless they say otherwise.</param>
internal sealed class LoadArguments(ClickstreamLoad defaults)
{
    private readonly Option<double> _rate = Number("--rate", "Events per second of event time, both topics together", defaults.Rate);
    private readonly DurationOption _duration = new("--duration", "Event time from the first event to the last", defaults.Duration);
    private readonly Option<long?> _count = new("--count", "-n") { Description = "How many events; instead of --duration" };
    private readonly Option<double> _speed = Number("--speed", "Seconds of event time per second; 1 is live, 0 as fast as possible", defaults.Speed);
    private readonly Option<DateTimeOffset?> _start = new("--start") { Description = "Event time of the first event [default: so that the last one's is now]" };
    private readonly Option<double> _outOfOrder = Number("--out-of-order-share", "Share of events out of order, 0 to 1", defaults.OutOfOrderShare);
    private readonly DurationOption _outOfOrderBy = new("--out-of-order-by", "Events out of order are older by up to this", defaults.OutOfOrderBy);
    private readonly Option<double> _malformed = Number("--malformed-share", "Share of malformed events, 0 to 1", defaults.MalformedShare);
    private readonly Option<bool> _keyed = new("--keyed") { Description = "Give events their user as key; without, they go round the partitions" };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same events", DefaultValueFactory = _ => defaults.Seed };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rate, _duration, _count, _speed, _start, _outOfOrder, _outOfOrderBy, _malformed, _keyed, _seed })
            command.Add(option);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public ClickstreamLoad Read(ParseResult arguments, TimeProvider time)
    {
        var rate = arguments.GetValue(_rate);
        var speed = arguments.GetValue(_speed);
        if (!(rate > 0 && speed >= 0))
            throw new UsageException($"{_rate.Name} must be more than zero, {_speed.Name} not negative.");
        foreach (var share in new[] { _outOfOrder, _malformed })
        {
            if (arguments.GetValue(share) is not (>= 0 and <= 1))
                throw new UsageException($"{share.Name} must be from 0 to 1.");
        }

        var load = new ClickstreamLoad
        {
            Rate = rate,
            Speed = speed,
            Count = arguments.GetValue(_count) ?? (long)Math.Round(_duration.Read(arguments).TotalSeconds * rate),
            OutOfOrderShare = arguments.GetValue(_outOfOrder),
            OutOfOrderBy = _outOfOrderBy.Read(arguments),
            MalformedShare = arguments.GetValue(_malformed),
            Keyed = arguments.GetValue(_keyed),
            Seed = arguments.GetValue(_seed),
        };
        if (load.Count < 0)
            throw new UsageException($"{_count.Name} and {_duration.Name} must not be negative.");
        // Sent at this speed, the last event carries the time at which it is sent.
        return load with { Start = arguments.GetValue(_start) ?? time.GetUtcNow() - load.Duration + (speed > 0 ? load.Duration / speed : TimeSpan.Zero) };
    }

    private static Option<double> Number(string name, string description, double fallback) => new(name) { Description = description, DefaultValueFactory = _ => fallback };
}
