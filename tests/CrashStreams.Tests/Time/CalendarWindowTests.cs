using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Days, weeks and months as the clocks of a time zone show them.</summary>
public class CalendarWindowTests
{
    private const long Minute = 60_000;

    // Later than all records.
    private static readonly DateTimeOffset _now = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Clocks set forward over midnight (Beirut, Santiago), back over it (Havana, the Azores), by half an hour (Lord Howe), twice more in Ramadan (Casablanca), a day that is missing (Apia, 2011), odd offsets (Kathmandu, Chatham).
    public static TheoryData<string, int> Zones => new()
    {
        { "UTC", 2024 }, { "Europe/Berlin", 2024 }, { "America/New_York", 2024 }, { "Asia/Beirut", 2024 }, { "America/Santiago", 2022 }, { "America/Havana", 2024 }, { "Atlantic/Azores", 2024 },
        { "Australia/Lord_Howe", 2024 }, { "Africa/Casablanca", 2024 }, { "Pacific/Apia", 2011 }, { "Asia/Kathmandu", 2024 }, { "Pacific/Chatham", 2024 },
    };

    [Theory]
    [MemberData(nameof(Zones))]
    public void A_window_begins_when_clocks_show_a_later_day_for_the_first_time(string zone, int year)
    {
        CheckBeginnings(Zone(zone), year, CalendarWindows.Days(Zone(zone)), static shown => shown.Date);
        CheckBeginnings(Zone(zone), year, CalendarWindows.Weeks(Zone(zone)), static shown => shown.Date.AddDays(-(((int)shown.DayOfWeek + 6) % 7)));
        CheckBeginnings(Zone(zone), year, CalendarWindows.Months(Zone(zone), 3), static shown => new(shown.Year, ((shown.Month - 1) / 3 * 3) + 1, 1));
        CheckBeginnings(Zone(zone), year, CalendarWindows.Days(Zone(zone), new(2, 30)), static shown => shown.AddHours(-2.5).Date.AddHours(2.5));
    }

    [Theory]
    [InlineData("2026-03-29", 23)]
    [InlineData("2026-10-25", 25)]
    [InlineData("2026-10-26", 24)]
    public void A_day_has_as_many_hours_as_its_clocks_show(string day, int hours)
    {
        var berlin = Zone("Europe/Berlin");
        using var driver = Driver(CalendarWindows.Days(berlin), EmitStrategy.OnWindowUpdate);
        driver.Input<string, string>("in").Pipe("a", "x", Noon(day, berlin));
        var window = driver.Output<Windowed<string>, long>("out", CalendarWindows.Days(berlin).KeySerde(Serdes.String), Serdes.Int64).Read().Single().Key.Window;
        (window.End - window.Start).Should().Be(TimeSpan.FromHours(hours));
        TimeZoneInfo.ConvertTime(window.Start, berlin).DateTime.Should().Be(DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Final_results_come_when_each_window_is_over_however_long_it_was()
    {
        var berlin = Zone("Europe/Berlin");
        using var driver = Driver(CalendarWindows.Months(berlin).WithGrace(TimeSpan.FromDays(2)), EmitStrategy.OnWindowClose);
        var input = driver.Input<string, string>("in");
        // One record a day, for two years.
        for (var day = new DateTime(2023, 12, 31, 12, 0, 0, DateTimeKind.Utc); day.Year < 2026; day = day.AddDays(1))
            input.Pipe("a", "x", new DateTimeOffset(day).ToUnixTimeMilliseconds());
        var months = driver.Output<Windowed<string>, long>("out", CalendarWindows.Months(berlin).KeySerde(Serdes.String), Serdes.Int64).Read();
        months.Select(static r => r.Value).Should().Equal([1, .. Enumerable.Range(0, 23).Select(static m => (long)DateTime.DaysInMonth(2024 + (m / 12), (m % 12) + 1))]);
        months.Select(static r => r.Key.Window.EndMs).SkipLast(1).Should().Equal(months.Select(static r => r.Key.Window.StartMs).Skip(1));
    }

    [Fact]
    public void A_record_is_late_for_its_own_day_alone()
    {
        var berlin = Zone("Europe/Berlin");
        var late = new List<LateRecord>();
        using var driver = Driver(CalendarWindows.Days(berlin).WithGrace(TimeSpan.FromHours(1)), EmitStrategy.OnWindowClose, late.Add);
        var input = driver.Input<string, string>("in");
        input.Pipe("a", "x", Noon("2026-03-29", berlin) + (13 * 60 * Minute) + 1);
        input.Pipe("a", "x", Noon("2026-03-29", berlin));
        input.Pipe("a", "x", Noon("2026-03-29", berlin) + (12 * 60 * Minute) + 1);
        late.Should().ContainSingle().Which.Window!.Value.End.Should().Be(new DateTimeOffset(2026, 3, 30, 0, 0, 0, TimeSpan.FromHours(2)));
    }

    [Fact]
    public void Several_streams_are_folded_per_day()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Cogroup<long>(static (_, _, n) => n + 1).Cogroup(builder.Stream<string, string>("other").GroupByKey(), static (_, _, n) => n + 100)
            .WindowedBy(CalendarWindows.Days(Zone("Asia/Tokyo"))).Aggregate(static () => 0L, "both").ToStream().Map(static (key, n) => (key.Window.Start.ToString("u", null), n)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), startTime: _now);
        foreach (var (topic, hour) in new[] { ("in", 14), ("other", 15), ("in", 15) })
            driver.Input<string, string>(topic).Pipe("a", "x", new DateTimeOffset(2026, 5, 1, hour, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().Equal(("2026-04-30 15:00:00Z", 1), ("2026-05-01 15:00:00Z", 100), ("2026-05-01 15:00:00Z", 101));
    }

    [Fact]
    public void Calendars_reach_from_the_epoch_to_the_end_of_event_time()
    {
        IWindowGrid days = CalendarWindows.Days(Zone("America/New_York"));
        days.FirstStart(0).Should().Be(0);
        days.EndOf(0).Should().Be(5 * 60 * Minute);
        IWindowGrid years = CalendarWindows.Months(Zone("Europe/Berlin"), 12);
        for (var (time, ends) = (long.MaxValue / 2, 0); ends < 3; ends++)
        {
            var (start, end) = (years.FirstStart(time), years.EndOf(time));
            (start <= time && time < end).Should().BeTrue();
            (years.FirstStart(start), years.FirstStart(end - 1), years.StartAfter(start)).Should().Be((start, start, end));
            time = start - 1;
        }
    }

    [Fact]
    public void Another_calendar_makes_the_changelog_one_of_another_kind()
    {
        static Topology Counting(CalendarWindows windows)
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows).Count("counts");
            return builder.Build();
        }

        var berlin = Counting(CalendarWindows.Days(Zone("Europe/Berlin")));
        TopologyCompatibility.Compare(berlin, Counting(CalendarWindows.Days(Zone("Europe/Berlin")))).Should().BeEmpty();
        foreach (var other in new[] { CalendarWindows.Days(Zone("Asia/Tokyo")), CalendarWindows.Weeks(Zone("Europe/Berlin")), CalendarWindows.Days(Zone("Europe/Berlin"), new(6, 0)) })
            TopologyCompatibility.Compare(berlin, Counting(other)).Should().NotBeEmpty();
    }

    // Minute by minute: whatever the clocks have shown so far, a window begins when its period is a later one.
    private static void CheckBeginnings(TimeZoneInfo zone, int year, CalendarWindows windows, Func<DateTime, DateTime> periodOf)
    {
        IWindowGrid grid = windows;
        var (latest, start) = (DateTime.MinValue, -1L);
        var beginnings = new List<long>();
        var first = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        for (var time = first; time < first + (366L * 24 * 60 * Minute); time += 5 * Minute)
        {
            var period = periodOf(TimeZoneInfo.ConvertTimeFromUtc(DateTime.UnixEpoch.AddMilliseconds(time), zone));
            if (period > latest)
            {
                if (latest > DateTime.MinValue)
                    beginnings.Add(time);
                (latest, start) = (period, time);
            }

            if (beginnings.Count > 0 && grid.FirstStart(time) != start)
                grid.FirstStart(time).Should().Be(start, "that is when {0} began in {1}, at {2}", latest, zone.Id, time);
        }

        beginnings.Zip(beginnings.Skip(1)).Should().OnlyContain(b => grid.EndOf(b.First) == b.Second && grid.StartAfter(b.First) == b.Second && b.Second - b.First <= grid.LongestMs);
        beginnings.Should().HaveCountGreaterThan(2);
    }

    private static TopologyTestDriver Driver(CalendarWindows windows, EmitStrategy emit, Action<LateRecord>? onLate = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows).Emit(emit).OnLate(onLate ?? (static _ => { })).Count("counts").ToStream().To("out");
        return new(builder.Build(), startTime: _now);
    }

    private static long Noon(string day, TimeZoneInfo zone) =>
        new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture).AddHours(12), zone), TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);
}
