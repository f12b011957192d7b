namespace CrashStreams.Samples.AdCampaigns.Load;

/// <summary>When a producer's events are due, milliseconds after its start.</summary>
internal static class ArrivalTimes
{
    // Busy a quarter of the time, at nine times the calm rate: 3/4 * 1/3 + 1/4 * 3 = 1, the rate that was asked for.
    private const double CalmRate = 1.0 / 3;
    private const double BusyRate = 3;
    private const double CalmMs = 3_000;
    private const double BusyMs = 1_000;

    public static IEnumerable<double> Of(CampaignLoad load, Random random) => load.Arrivals switch
    {
        Arrivals.Uniform => Enumerable.Range(0, load.Count).Select(i => i * MeanMs(load)),
        Arrivals.Mmpp => Bursts(load, random),
        _ => Poisson(load, random),
    };

    private static double MeanMs(CampaignLoad load) => load.Duration.TotalMilliseconds / load.Count;

    private static IEnumerable<double> Poisson(CampaignLoad load, Random random)
    {
        var at = 0.0;
        for (var i = 0; i < load.Count; i++)
            yield return at += Exponential(random, MeanMs(load));
    }

    private static IEnumerable<double> Bursts(CampaignLoad load, Random random)
    {
        var (at, isBusy) = (0.0, false);
        var changesAt = Exponential(random, CalmMs);
        for (var i = 0; i < load.Count; i++)
        {
            var next = at + Exponential(random, MeanMs(load) / (isBusy ? BusyRate : CalmRate));
            // Without memory: what is left of the time between two events is drawn again at the new rate.
            while (next > changesAt)
            {
                (at, isBusy) = (changesAt, !isBusy);
                changesAt += Exponential(random, isBusy ? BusyMs : CalmMs);
                next = at + Exponential(random, MeanMs(load) / (isBusy ? BusyRate : CalmRate));
            }

            yield return at = next;
        }
    }

    private static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());
}
