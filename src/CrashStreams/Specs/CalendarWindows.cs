namespace CrashStreams;

/// <summary>
/// Windows of a calendar: days, weeks or months as the clocks of a time zone show them, so that a day has 23 or 25 hours when the clocks are changed. A window begins when the clocks show its beginning for the
/// first time, or where they skip it when they are set forward. All instances need the same rules for the zone: a window's key holds its start alone.
/// </summary>
/// <example><code>CalendarWindows.Days(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).WithGrace(TimeSpan.FromHours(1))</code></example>
public sealed class CalendarWindows : IWindowGrid
{
    private const long DayMs = 86_400_000;

    private readonly CalendarPeriods _periods;
    private readonly string _shape;
    private readonly long _graceMs;

    private CalendarWindows(CalendarPeriods periods, string shape, long graceMs) => (_periods, _shape, _graceMs) = (periods, shape, graceMs);

    /// <summary>A window for each day, without grace.</summary>
    /// <param name="zone">Whose clocks count.</param>
    /// <param name="dayBegins">When a day begins there; midnight by default.</param>
    public static CalendarWindows Days(TimeZoneInfo zone, TimeOnly dayBegins = default) =>
        Of(zone, dayBegins, "days", static date => date, static date => date.AddDays(1), mostDays: 1);

    /// <summary>A window for each week, without grace.</summary>
    /// <param name="zone">Whose clocks count.</param>
    /// <param name="firstDay">The day with which a week begins.</param>
    /// <param name="dayBegins">When a day begins there; midnight by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">No day of the week.</exception>
    public static CalendarWindows Weeks(TimeZoneInfo zone, DayOfWeek firstDay = DayOfWeek.Monday, TimeOnly dayBegins = default) => Enum.IsDefined(firstDay)
        ? Of(zone, dayBegins, $"weeks from {firstDay}", date => date.AddDays(-(((int)date.DayOfWeek - (int)firstDay + 7) % 7)), static date => date.AddDays(7), mostDays: 7)
        : throw new ArgumentOutOfRangeException(nameof(firstDay), $"{firstDay} is no day of the week.");

    /// <summary>A window for each month, or for each quarter (3 months) or year (12), without grace.</summary>
    /// <param name="zone">Whose clocks count.</param>
    /// <param name="months">How many months a window has, counted from January: 1, 2, 3, 4, 6 or 12.</param>
    /// <param name="dayBegins">When a day begins there; midnight by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another number of months.</exception>
    public static CalendarWindows Months(TimeZoneInfo zone, int months = 1, TimeOnly dayBegins = default) => months is 1 or 2 or 3 or 4 or 6 or 12
        ? Of(zone, dayBegins, $"{months} months", date => new(date.Year, ((date.Month - 1) / months * months) + 1, 1), date => date.AddMonths(months), mostDays: 31 * months)
        : throw new ArgumentOutOfRangeException(nameof(months), $"{months} months: a year has to be a multiple; choose 1, 2, 3, 4, 6 or 12.");

    /// <summary>The same windows, which stay open for late records.</summary>
    /// <param name="grace">How long after its end a window stays open, in event time; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative grace.</exception>
    public CalendarWindows WithGrace(TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new(_periods, _shape, (long)grace.TotalMilliseconds);
    }

    /// <summary>Keys in these windows, for whoever reads or writes a topic of them: the key's bytes, then the window's start (8 bytes, big-endian).</summary>
    /// <param name="inner">The key's serde.</param>
    public Serde<Windowed<TKey>> KeySerde<TKey>(Serde<TKey> inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new TimeWindowedSerde<TKey>(inner, this);
    }

    /// <summary>What the windows are: <c>days of Europe/Berlin</c>.</summary>
    public override string ToString() => _shape;

    string IWindowEnds.Shape => _shape;

    long IWindowGrid.GraceMs => _graceMs;

    long IWindowGrid.LongestMs => _periods.LongestMs;

    bool IWindowGrid.IsEndless => false;

    long IWindowEnds.EndOf(long startMs) => _periods.At(startMs).EndMs;

    long IWindowGrid.FirstStart(long timestampMs) => _periods.At(timestampMs).StartMs;

    long IWindowGrid.StartAfter(long startMs) => _periods.At(startMs).EndMs;

    private static CalendarWindows Of(TimeZoneInfo zone, TimeOnly dayBegins, string periods, Func<DateOnly, DateOnly> firstDay, Func<DateOnly, DateOnly> next, int mostDays)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var shape = $"{periods} of {zone.Id}{(dayBegins == default ? "" : $" from {dayBegins:HH:mm:ss.FFFFFFF}")}";
        // Clocks have been set back by a day where a country changed sides of the date line, and never by more.
        return new(new(zone, dayBegins, firstDay, next, (mostDays + 1) * DayMs), shape, graceMs: 0);
    }
}
