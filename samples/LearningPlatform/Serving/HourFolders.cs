using System.Globalization;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>Finds a view's files by the hours in which their rows' windows start, and lists no more than it has to.</summary>
internal static class HourFolders
{
    private const int MostHourLists = 24;
    private const int MostDayLists = 31;
    private const int HoursOfADay = 24;
    private const long MillisecondsOfAnHour = 3_600_000;

    /// <summary>The hour of an instant, counted from the Unix epoch.</summary>
    public static long HourOf(long milliseconds) => Math.DivRem(milliseconds, MillisecondsOfAnHour) is var (hour, rest) && rest < 0 ? hour - 1 : hour;

    /// <summary>The files of some hours, both ends included.</summary>
    public static async Task<IReadOnlyList<(long Hour, StoredFile File)>> FindAsync(IViewStorage storage, string root, View view, long first, long last, CancellationToken cancellation)
    {
        var lists = await Task.WhenAll(Prefixes($"{root}/{view.Name}/", first, last).Select(async prefix =>
        {
            var found = new List<(long, StoredFile)>();
            await foreach (var file in storage.ListAsync(prefix, cancellation))
            {
                if (HourOf(file.Name, root.Length + 1 + view.Name.Length + 1) is { } hour && hour >= first && hour <= last)
                    found.Add((hour, file));
            }

            return found;
        }));
        return [.. lists.SelectMany(static list => list)];
    }

    // By hour, by day, or all: few lists, of few names that are not wanted.
    private static IEnumerable<string> Prefixes(string folder, long first, long last)
    {
        if (first > last)
            return [];
        if (last - first < MostHourLists)
            return Enumerable.Range(0, (int)(last - first + 1)).Select(i => string.Create(CultureInfo.InvariantCulture, $"{folder}date={TimeOf(first + i):yyyy-MM-dd}/hour={TimeOf(first + i):HH}/"));
        var (firstDay, lastDay) = (first / HoursOfADay, last / HoursOfADay);
        return lastDay - firstDay < MostDayLists
            ? Enumerable.Range(0, (int)(lastDay - firstDay + 1)).Select(i => string.Create(CultureInfo.InvariantCulture, $"{folder}date={TimeOf((firstDay + i) * HoursOfADay):yyyy-MM-dd}/"))
            : [folder];
    }

    private static DateTime TimeOf(long hour) => DateTime.UnixEpoch.AddHours(hour);

    // date=YYYY-MM-DD/hour=HH/NAME.parquet; null for whatever else is there.
    private static long? HourOf(string name, int at)
    {
        const string Format = "'date='yyyy-MM-dd'/hour='HH'/'";
        const int Length = 24;
        return name.Length > at + Length && name.EndsWith(".parquet", StringComparison.Ordinal)
            && DateTime.TryParseExact(name.AsSpan(at, Length), Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerHour
            : null;
    }
}
