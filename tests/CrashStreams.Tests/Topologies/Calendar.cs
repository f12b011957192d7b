using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Days, weeks or months of a zone whose new year falls among the records, where its clocks may be changed at that moment. All records are within two hours of it: three windows are enough, and where they begin
/// is written down here, without a calendar.
/// </summary>
internal sealed record Calendar : Windows
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    private readonly CalendarUnit _unit;
    private readonly ClockChange _change;
    private readonly long _newYearMs;

    private Calendar(CalendarUnit unit, ClockChange change, long newYearMs, int graceMs, bool isFinal)
        : base(0, 0, graceMs, isFinal) => (_unit, _change, _newYearMs) = (unit, change, newYearMs);

    public static Calendar Draw(SimulationRandom random, bool isFinal)
    {
        // Records begin an hour earlier where they are a backlog.
        var minutes = random.Pick([-60, -59, 0, 0, 1]);
        return new(
            random.Pick([CalendarUnit.Day, CalendarUnit.Week, CalendarUnit.Month]), random.Pick([ClockChange.None, ClockChange.Forward, ClockChange.Back]),
            SourceRecords.Start.ToUnixTimeMilliseconds() + (minutes * 60_000L), random.Pick([0, 5_000, 30_000]), isFinal);
    }

    public override IEnumerable<long> StartsOf(long timeMs) => [timeMs < _newYearMs ? _newYearMs - LastMs : _newYearMs];

    public override long EndOf(long startMs) => startMs < _newYearMs ? _newYearMs : _newYearMs + FirstMs;

    public override TimeWindowedKStream<string, TValue> Of<TValue>(KGroupedStream<string, TValue> grouped, bool hasFault = false) => grouped.WindowedBy(ToCalendar(hasFault));

    public override TimeWindowedCogroupedKStream<string, TAggregate> Of<TAggregate>(CogroupedKStream<string, TAggregate> cogrouped) => cogrouped.WindowedBy(ToCalendar(hasFault: false));

    public override Serde<Windowed<string>> Keys => ToCalendar(hasFault: false).KeySerde(Serdes.String);

    public override string ToString() => $"a {_unit}, the new year at {_newYearMs}, clocks: {_change}, grace {GraceMs}{(IsFinal ? ", final" : "")}";

    // The new year begins half an hour after midnight where clocks are set forward over it, and is a day of 25 hours where they show midnight twice.
    private long LastMs => (_change == ClockChange.Forward ? Day - (Hour / 2) : Day) + (_unit switch { CalendarUnit.Day => 0, CalendarUnit.Week => 6 * Day, _ => 30 * Day });

    private long FirstMs => _change switch { ClockChange.Forward => Day - (Hour / 2), ClockChange.Back => Day + Hour, _ => Day } + (_unit switch { CalendarUnit.Day => 0, CalendarUnit.Week => 6 * Day, _ => 30 * Day });

    // A planted fault: the clocks are a minute slow, and change with the others.
    private CalendarWindows ToCalendar(bool hasFault)
    {
        var zone = Zone(hasFault ? -1 : 0);
        var windows = _unit switch
        {
            CalendarUnit.Day => CalendarWindows.Days(zone),
            CalendarUnit.Week => CalendarWindows.Weeks(zone, DayOfWeek.Thursday),
            _ => CalendarWindows.Months(zone),
        };
        return windows.WithGrace(TimeSpan.FromMilliseconds(GraceMs));
    }

    private TimeZoneInfo Zone(int fastByMinutes)
    {
        var utcMidnight = SourceRecords.Start.ToUnixTimeMilliseconds();
        var behindMs = utcMidnight - _newYearMs + (fastByMinutes * 60_000L);
        // Forward: at 23:30 to 00:30. Back: at 00:30 to 23:30, half an hour after the clocks, an hour ahead then, have shown midnight for the first time.
        var offset = TimeSpan.FromMilliseconds(behindMs) - (_change switch { ClockChange.Forward => TimeSpan.FromMinutes(30), ClockChange.Back => TimeSpan.FromHours(1), _ => TimeSpan.Zero });
        if (_change == ClockChange.None)
            return TimeZoneInfo.CreateCustomTimeZone("drawn", offset, "drawn", "drawn");
        var summer = TimeZoneInfo.TransitionTime.CreateFixedDateRule(new(1, 1, 1, 0, 0, 0), 6, 1);
        var newYear = _change == ClockChange.Forward
            ? TimeZoneInfo.TransitionTime.CreateFixedDateRule(new(1, 1, 1, 23, 30, 0), 12, 31)
            : TimeZoneInfo.TransitionTime.CreateFixedDateRule(new(1, 1, 1, 0, 30, 0), 1, 1);
        var rule = _change == ClockChange.Forward
            ? TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1), newYear, summer)
            : TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1), summer, newYear);
        return TimeZoneInfo.CreateCustomTimeZone("drawn", offset, "drawn", "drawn", "drawn", [rule]);
    }
}

internal enum CalendarUnit
{
    Day,
    Week,
    Month,
}

/// <summary>What a zone does with its clocks when the new year begins.</summary>
internal enum ClockChange
{
    None,
    Forward,
    Back,
}
