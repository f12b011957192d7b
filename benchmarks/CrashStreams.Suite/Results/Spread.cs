using System.Globalization;

namespace CrashStreams.Suite.Results;

/// <summary>Figures of several runs: the median, and the lowest and the highest.</summary>
internal sealed record Spread(double Median, double Lowest, double Highest)
{
    public static Spread Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return new(sorted[sorted.Count / 2], sorted[0], sorted[^1]);
    }

    public string Text(string format)
    {
        string One(double figure) => figure.ToString(format, CultureInfo.InvariantCulture);
        return Lowest == Highest ? One(Median) : $"{One(Median)} ({One(Lowest)}-{One(Highest)})";
    }
}
