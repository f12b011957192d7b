using System.Globalization;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>How measurements are printed: <c>median (lowest-highest) unit of count</c>.</summary>
internal static class Spread
{
    public static string Of(IEnumerable<double> measured, string unit)
    {
        var sorted = measured.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"median {sorted[sorted.Count / 2]:0.#} ({sorted[0]:0.#}-{sorted[^1]:0.#}) {unit} of {sorted.Count}");
    }
}
