using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Load;

/// <summary>The arguments that say what is generated.</summary>
/// <param name="defaults">What is generated unless they say otherwise.</param>
internal sealed class LoadArguments(EventLoad defaults)
{
    private readonly Option<double> _rate = Number("--rate", "Events per second of event time, all topics together", defaults.Rate);
    private readonly DurationOption _duration = new("--duration", "Event time from the first event to the last", defaults.Duration);
    private readonly Option<long?> _count = new("--count", "-n") { Description = "How many events; instead of --duration" };
    private readonly Option<double> _speed = Number("--speed", "Seconds of event time per second; 1 is live, 0 as fast as possible", defaults.Speed);
    private readonly Option<DateTimeOffset?> _start = new("--start") { Description = "Event time of the first event [default: so that the last one's is now]" };
    private readonly Option<double> _outOfOrder = Number("--out-of-order-share", "Share of events out of order, 0 to 1", defaults.OutOfOrderShare);
    private readonly DurationOption _outOfOrderBy = new("--out-of-order-by", "Events out of order are older by up to this", defaults.OutOfOrderBy);
    private readonly Option<double> _late = Number("--late-share", "Share of events that are late for good, 0 to 1", defaults.LateShare);
    private readonly DurationOption _lateBy = new("--late-by", "Late events are older by up to this", defaults.LateBy);
    private readonly Option<double> _malformed = Number("--malformed-share", "Share of malformed events, 0 to 1", defaults.MalformedShare);
    private readonly Option<bool> _keyed = new("--keyed") { Description = "Give events their user as key; without, they go round the partitions" };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same events", DefaultValueFactory = _ => defaults.Seed };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rate, _duration, _count, _speed, _start, _outOfOrder, _outOfOrderBy, _late, _lateBy, _malformed, _keyed, _seed })
            command.Add(option);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public EventLoad Read(ParseResult arguments, TimeProvider time)
    {
        var rate = arguments.GetValue(_rate);
        var speed = arguments.GetValue(_speed);
        if (!(rate > 0 && speed >= 0))
            throw new UsageException($"{_rate.Name} must be more than zero, {_speed.Name} not negative.");
        foreach (var share in new[] { _outOfOrder, _late, _malformed })
        {
            if (arguments.GetValue(share) is not (>= 0 and <= 1))
                throw new UsageException($"{share.Name} must be from 0 to 1.");
        }

        var load = new EventLoad
        {
            Rate = rate,
            Speed = speed,
            Count = arguments.GetValue(_count) ?? (long)Math.Round(_duration.Read(arguments).TotalSeconds * rate),
            OutOfOrderShare = arguments.GetValue(_outOfOrder),
            OutOfOrderBy = _outOfOrderBy.Read(arguments),
            LateShare = arguments.GetValue(_late),
            LateBy = _lateBy.Read(arguments),
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
