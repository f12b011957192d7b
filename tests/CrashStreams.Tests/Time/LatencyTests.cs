namespace CrashStreams.Tests.Time;

/// <summary>How long a final result takes, by virtual time: from when the slowest partition's record is there until the result is written.</summary>
public class LatencyTests
{
    // Reading, hearing and closing take a turn each, of a millisecond here.
    private const int TurnsMs = 4;

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    public void A_final_result_waits_for_at_most_a_marker_interval(int markerIntervalMs)
    {
        var waits = new List<int>();
        for (var phaseMs = 0; phaseMs <= markerIntervalMs; phaseMs += 10)
        {
            using var counts = new WindowCounts(new()
            {
                ApplicationId = "app", Time = { MarkerInterval = TimeSpan.FromMilliseconds(markerIntervalMs) }, Delivery = { CommitInterval = TimeSpan.FromMilliseconds(markerIntervalMs / 2) },
            });
            counts.Pipe(0, "ann", 1).Pipe(1, "x", 1).Pipe(2, "x", 1);
            Turns(counts, phaseMs + 1_000);
            for (var partition = 0; partition < 3; partition++)
                counts.Append(partition, "x", 39);
            Turns(counts, phaseMs);
            for (var partition = 0; partition < 3; partition++)
                counts.Append(partition, "x", 40);
            waits.Add(Turns(counts, 10_000));
        }

        waits.Max().Should().BeInRange(markerIntervalMs / 2, markerIntervalMs + TurnsMs);
    }

    // Answers after how many milliseconds there was a result.
    private static int Turns(WindowCounts counts, int mostMs)
    {
        for (var ms = 1; ms <= mostMs; ms++)
        {
            counts.Driver.Time.Advance(TimeSpan.FromMilliseconds(1));
            counts.Driver.Thread.RunOnce();
            if (counts.Results().Count > 0)
                return ms;
        }

        return mostMs;
    }
}
