using CrashStreams.Samples.AdCampaigns.Load;

namespace CrashStreams.Samples.Tests.AdCampaigns;

public class ArrivalTimesTests
{
    [Theory]
    [InlineData("Poisson", 1, 0.1)]
    [InlineData("Mmpp", 1.5, 10)]
    [InlineData("Uniform", 0, 0)]
    public void The_rate_is_what_was_asked_for_and_the_times_between_vary_as_their_kind_says(string kind, double variation, double tolerance)
    {
        var load = new CampaignLoad { Arrivals = Enum.Parse<Arrivals>(kind), Count = 50_000, Duration = TimeSpan.FromSeconds(500) };

        var times = ArrivalTimes.Of(load, new Random(1)).ToList();
        var gaps = times.Zip(times.Skip(1), (one, next) => next - one).ToList();
        var mean = gaps.Average();
        var squared = gaps.Average(gap => (gap - mean) * (gap - mean)) / (mean * mean);

        times.Should().HaveCount(50_000).And.BeInAscendingOrder();
        mean.Should().BeApproximately(10, 1.5);
        // Exponential times have a squared coefficient of variation of 1, bursts more, equal times none.
        if (kind == "Mmpp")
            squared.Should().BeGreaterThan(variation);
        else
            squared.Should().BeApproximately(variation, tolerance);
    }

    [Fact]
    public void The_same_seed_gives_the_same_times() =>
        ArrivalTimes.Of(new() { Arrivals = Arrivals.Mmpp }, new Random(5)).Should().Equal(ArrivalTimes.Of(new() { Arrivals = Arrivals.Mmpp }, new Random(5)));
}
