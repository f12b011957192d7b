using System.Globalization;
using System.Text;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.EndToEnd;

/// <summary>Results of <c>bench e2e</c> as a table in Markdown: medians, and the lowest and the highest.</summary>
internal static class EndToEndTable
{
    public static string Of(IReadOnlyList<VariantResult> results)
    {
        var text = new StringBuilder("""
            | client | M records/s | of the bare consume | client, CPU s per million | broker, CPU s per million | B allocated per record | GC pauses, ms | peak MB | alerts |
            |---|---|---|---|---|---|---|---|---|

            """);
        foreach (var variant in results.Select(static r => r.Variant).Distinct())
        {
            var of = results.Where(r => r.Variant == variant).ToList();
            string Cell(Func<VariantResult, double> figure, string format) => Spread.Of(of.Select(figure)).Text(format);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {variant} | {Cell(static r => r.RecordsPerSecond / 1e6, "0.00")} | {Ratios(results, variant).Text("P0")} | {Cell(static r => r.ClientProcessorSeconds / r.Records * 1e6, "0.00")} | {Cell(static r => r.BrokerProcessorSeconds / r.Records * 1e6, "0.00")} | {Cell(static r => r.AllocatedBytes / r.Records, "0")} | {Cell(static r => r.PauseMilliseconds, "0")} | {Cell(static r => r.PeakMegabytes, "0")} | {Alerts(of)} |");
        }

        return text.ToString();
    }

    /// <summary>A variant's rate beside that of the bare consume, round by round.</summary>
    public static Spread Ratios(IReadOnlyList<VariantResult> results, string variant) => Ratios(results, variant, Variant.Bare.Name);

    /// <summary>A variant's rate beside another one's, round by round.</summary>
    public static Spread Ratios(IReadOnlyList<VariantResult> results, string variant, string yardstick)
    {
        var rates = results.Where(r => r.Variant == yardstick).ToDictionary(static r => r.Round, static r => r.RecordsPerSecond);
        return Spread.Of(results.Where(r => r.Variant == variant).Select(r => r.RecordsPerSecond / rates[r.Round]));
    }

    private static string Alerts(List<VariantResult> of)
    {
        if (of[0].Alerts is not { } first)
            return "";
        return of.Find(static r => !r.Alerts!.IsRight)?.Alerts is { } wrong
            ? string.Create(CultureInfo.InvariantCulture, $"**wrong**: of {wrong.Due:N0} {wrong.Missing:N0} missing, {wrong.Wrong:N0} wrong, {wrong.Extra:N0} extra, {wrong.Duplicate:N0} twice")
            : string.Create(CultureInfo.InvariantCulture, $"all {first.Due:N0} right");
    }
}
