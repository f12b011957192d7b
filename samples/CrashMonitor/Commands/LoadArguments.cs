using System.CommandLine;
using System.Globalization;
using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>The arguments that say what load is generated.</summary>
internal sealed class LoadArguments
{
    private static readonly LoadOptions _defaults = new();

    private readonly Option<double> _rate;
    private readonly Option<long?> _count = new("--count", "-n") { Description = "How many lines; instead of --duration" };
    private readonly DurationOption _duration;
    private readonly Option<double> _speed;
    private readonly Option<DateTimeOffset?> _start = new("--start") { Description = "Event time of the first line, for example 2026-01-11T14:42:50Z [default: so that the last line's is now]" };
    private readonly Option<int> _users = new("--users") { Description = "Number of users, from user_1000 on", DefaultValueFactory = _ => _defaults.Users };
    private readonly Option<double> _matching;
    private readonly Option<double> _outOfOrder;
    private readonly DurationOption _spread = new("--out-of-order-by", "Lines out of order are older by up to this", _defaults.OutOfOrderSpread, "--spread");
    private readonly Option<double> _late;
    private readonly DurationOption _lateBy = new("--late-by", "Late lines are older by this", _defaults.LateBy);
    private readonly Option<bool> _keyed = new("--keyed") { Description = "Give lines their user as key; without, they go round the partitions" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The same seed gives the same lines", DefaultValueFactory = _ => _defaults.Seed };

    private static readonly Dictionary<string, string> _optionOf = new()
    {
        [nameof(LoadOptions.Rate)] = "--rate",
        [nameof(LoadOptions.Count)] = "--count",
        [nameof(LoadOptions.Speed)] = "--speed",
        [nameof(LoadOptions.Users)] = "--users",
        [nameof(LoadOptions.MatchingShare)] = "--matching-share",
        [nameof(LoadOptions.OutOfOrderShare)] = "--out-of-order-share",
        [nameof(LoadOptions.OutOfOrderSpread)] = "--out-of-order-by",
        [nameof(LoadOptions.LateShare)] = "--late-share",
        [nameof(LoadOptions.LateBy)] = "--late-by",
        [nameof(LoadOptions.Start)] = "--start",
    };

    /// <param name="defaults">What is generated unless the arguments say otherwise.</param>
    public LoadArguments(LoadOptions defaults)
    {
        _rate = Number("--rate", "Lines per second of event time", defaults.Rate);
        _duration = new("--duration", "Event time from the first line to the last", defaults.Duration);
        _speed = Number("--speed", "Seconds of event time per second; 1 is live, 0 as fast as possible", defaults.Speed);
        _matching = Number("--matching-share", "Share of severe crashes, 0 to 1", defaults.MatchingShare, "--matching");
        _outOfOrder = Number("--out-of-order-share", "Share of lines out of order, 0 to 1", defaults.OutOfOrderShare, "--out-of-order");
        _late = Number("--late-share", "Share of late lines, 0 to 1", defaults.LateShare);
    }

    private static Option<double> Number(string name, string description, double fallback, params string[] aliases) => new(name, aliases) { Description = description, DefaultValueFactory = _ => fallback };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rate, _count, _duration, _speed, _start, _users, _matching, _outOfOrder, _spread, _late, _lateBy, _keyed, _seed })
            command.Add(option);
    }

    public LoadOptions Read(ParseResult arguments, TimestampUnit unit, TimeProvider time)
    {
        var (rate, speed) = (arguments.GetValue(_rate), arguments.GetValue(_speed));
        var load = new LoadOptions
        {
            Rate = rate,
            Count = arguments.GetValue(_count) ?? (long)Math.Round(_duration.Read(arguments).TotalSeconds * rate),
            Speed = speed == 0 ? double.PositiveInfinity : speed,
            Users = arguments.GetValue(_users),
            MatchingShare = arguments.GetValue(_matching),
            OutOfOrderShare = arguments.GetValue(_outOfOrder),
            OutOfOrderSpread = _spread.Read(arguments),
            LateShare = arguments.GetValue(_late),
            LateBy = _lateBy.Read(arguments),
            Keyed = arguments.GetValue(_keyed),
            Seed = arguments.GetValue(_seed),
            InMilliseconds = unit == TimestampUnit.EpochMilliseconds,
        };
        try
        {
            load.Validate();
            // Sent at this speed, the last line carries the time at which it is sent.
            load = load with { Start = arguments.GetValue(_start) ?? time.GetUtcNow() - load.Duration + (load.Duration / load.Speed) };
            load.Validate();
            return load;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw UsageException.Of(e, _optionOf);
        }
    }

    public static string Describe(LoadOptions load, int partitions) => string.Create(
        CultureInfo.InvariantCulture,
        $"{load.Count:N0} lines over {partitions} partitions, event time {load.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss} to {(load.Start + load.Duration).UtcDateTime:yyyy-MM-dd HH:mm:ss}");
}
