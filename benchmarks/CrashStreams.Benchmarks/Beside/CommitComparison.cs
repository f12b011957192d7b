using System.Globalization;
using CrashStreams.Suite.Results;

namespace CrashStreams.Benchmarks.Beside;

/// <summary>
/// The crash monitor in memory beside an earlier commit's: both processes live all the time and measure in turn, over the same lines, and each pair gives one ratio. What else the machine does hits both.
/// </summary>
internal static class CommitComparison
{
    private const int WarmUps = 5;

    /// <param name="other">The benchmark program of the other commit, which serves.</param>
    /// <param name="name">What that commit is called.</param>
    /// <param name="pairs">Pairs that count; of shares whose runs are short as many more.</param>
    /// <param name="shares">Shares of the lines that are severe crashes.</param>
    public static void Run(string other, string name, int pairs, IReadOnlyList<double> shares)
    {
        using var before = new ServedProcess(other, []);
        using var now = new ServedProcess(Environment.ProcessPath!, ["serve"]);
        Console.WriteLine($"| severe crashes | {name}: ns a line | B | now: ns a line | B | now : {name}, median of the pairs (quartiles) | pairs |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var share in shares)
            Compare(share, before, now, pairs * (share < 0.1 ? 5 : share < 0.5 ? 2 : 1));
    }

    private static void Compare(double share, ServedProcess before, ServedProcess now, int pairs)
    {
        var measured = new List<(Served.Result Before, Served.Result Now)>();
        for (var i = -WarmUps; i < pairs; i++)
        {
            // Who is first in a pair finds other caches than the second.
            var first = i % 2 == 0 ? before : now;
            var one = first.Measure(share);
            var two = (first == before ? now : before).Measure(share);
            var pair = first == before ? (Before: one, Now: two) : (Before: two, Now: one);
            if (pair.Before.Input != pair.Now.Input)
                throw new InvalidOperationException("The commits generate different lines.");
            if (i >= 0)
                measured.Add(pair);
        }

        string Cell(Func<(Served.Result Before, Served.Result Now), double> figure, string format) => Spread.Of(measured.Select(figure)).Text(format);
        var ratios = measured.Select(static m => m.Now.Nanoseconds / m.Before.Nanoseconds).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {share:P0} | {Cell(static m => m.Before.Nanoseconds, "0")} | {Cell(static m => m.Before.Bytes, "0.0")} | {Cell(static m => m.Now.Nanoseconds, "0")} | {Cell(static m => m.Now.Bytes, "0.0")} | {ratios[pairs / 2]:0.000} ({ratios[pairs / 4]:0.000}-{ratios[pairs * 3 / 4]:0.000}) | {pairs} |"));
    }
}
