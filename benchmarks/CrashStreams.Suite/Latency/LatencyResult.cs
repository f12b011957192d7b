using HdrHistogram;

namespace CrashStreams.Suite.Latency;

/// <summary>How long the results of one case took, at one rate.</summary>
internal sealed record LatencyResult
{
    public required string Case { get; init; }

    public required string Guarantee { get; init; }

    public required int PerSecond { get; init; }

    /// <summary>Results that were measured.</summary>
    public required long Results { get; init; }

    /// <summary>Shares of the results in per cent, and the milliseconds within which these were there.</summary>
    public required IReadOnlyList<PercentilePoint> Percentiles { get; init; }

    public double At(double percentile) => Percentiles.Single(p => p.Percentile == percentile).Milliseconds;

    public static LatencyResult Of(LatencyCase measured, ProcessingGuarantee guarantee, int perSecond, LongHistogram microseconds) => new()
    {
        Case = measured.Name,
        Guarantee = guarantee == ProcessingGuarantee.ExactlyOnce ? "exactly-once" : "at-least-once",
        PerSecond = perSecond,
        Results = microseconds.TotalCount,
        Percentiles = [.. _percentiles.Select(p => new PercentilePoint(p, microseconds.GetValueAtPercentile(p) / 1e3))],
    };

    private static readonly double[] _percentiles = [0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98, 99, 99.5, 99.9, 99.99, 100];
}

internal sealed record PercentilePoint(double Percentile, double Milliseconds);
