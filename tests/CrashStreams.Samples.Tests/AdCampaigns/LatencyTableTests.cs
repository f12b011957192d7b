using System.Globalization;
using CrashStreams.Samples.AdCampaigns.Latency;

namespace CrashStreams.Samples.Tests.AdCampaigns;

/// <summary>What scripts read.</summary>
public class LatencyTableTests
{
    [Fact]
    public void Columns_stay_apart_when_rows_are_written_months_after_their_events()
    {
        const long Months = 23_915_363_564;
        using var text = new StringWriter(CultureInfo.InvariantCulture);

        LatencyTable.Write(text, "window", [LatencySummary.Of("12:00:00", [Months])]);

        text.ToString().Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("12:00:00", "1", $"{Months}.0", $"{Months}", $"{Months}", $"{Months}", $"{Months}");
    }
}
