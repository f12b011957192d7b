using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CrashStreams.Hosting.Tests.Telemetry;

/// <summary>The dashboard for Grafana asks for metrics that exist.</summary>
public partial class DashboardTests
{
    private static readonly JsonNode _dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(MetricsPage.File)!, "grafana", "crashstreams.json")))!;

    private static List<string> Expressions => [.. _dashboard["panels"]!.AsArray().SelectMany(static panel => panel!["targets"]!.AsArray()).Select(static target => (string)target!["expr"]!)];

    [Fact]
    public void Every_expression_asks_for_metrics_of_the_page()
    {
        var asked = Expressions.SelectMany(static expression => Series().Matches(expression).Select(static match => match.Value)).Distinct().ToList();

        asked.Should().HaveCountGreaterThan(15).And.BeSubsetOf(PrometheusNames.All);
    }

    [Fact]
    public void Every_expression_is_about_the_chosen_applications_or_a_client()
    {
        Expressions.Where(static expression => !expression.Contains("application=~\"$application\"", StringComparison.Ordinal) && !expression.Contains("librdkafka", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [GeneratedRegex(@"\b(crashstreams|messaging)_[a-z0-9_]+")]
    private static partial Regex Series();
}
