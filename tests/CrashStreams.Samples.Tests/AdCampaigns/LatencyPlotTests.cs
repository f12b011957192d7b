using System.Xml.Linq;
using CrashStreams.Samples.AdCampaigns.Latency;

namespace CrashStreams.Samples.Tests.AdCampaigns;

public class LatencyPlotTests
{
    [Fact]
    public void The_plot_names_each_kind_of_arrivals_with_its_percentiles()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "latency.svg");

        LatencyPlot.Save(path, [LatencySummary.Of("poisson", [10, 20, 30]), LatencySummary.Of("mmpp", [15, 40, 300])]);

        var texts = XDocument.Load(path).Descendants().Where(static e => e.Name.LocalName == "text").Select(static e => e.Value.Trim()).ToList();
        texts.Should().Contain("poisson: p50 20 ms, p99 30 ms").And.Contain("mmpp: p50 40 ms, p99 300 ms").And.Contain("milliseconds");
    }
}
