using System.Text;
using CrashStreams.Samples.AdCampaigns;
using CrashStreams.Samples.AdCampaigns.Verification;
using CrashStreams.Testing;

namespace CrashStreams.Samples.Tests.AdCampaigns;

/// <summary>The rows, field by field, of a few events each.</summary>
public sealed class CampaignRowsTests : IDisposable
{
    private const long Start = 1_767_268_800_000; // 2026-01-01T12:00:00Z

    private readonly TopologyTestDriver _driver;

    public CampaignRowsTests()
    {
        var options = new CampaignOptions();
        _driver = new(CampaignTopology.Build(options), options.ToStreamsOptions(storage: null), DateTimeOffset.FromUnixTimeMilliseconds(Start));
        Ad("shoes", "7");
    }

    [Fact]
    public void A_row_counts_what_people_did_with_the_ads_of_a_campaign()
    {
        Event(0, "view", "shoes");
        Event(1_000_000_000, "view", "shoes");
        Event(9_999_999_999, "view", "shoes");
        Event(2_000_000_000, "click", "shoes");
        Event(3_000_000_000, "purchase", "shoes");
        Event(4_000_000_000, "hover", "shoes");
        Event(10_000_000_000, "view", "shoes");

        Rows().Should().Equal(
            """{"window_start":"2026-01-01T12:00:00Z","window_end":"2026-01-01T12:00:10Z","campaign_id":7,"views":3,"clicks":1,"purchases":1,"ctr":0.333333,"events":6,"first_produce_time":100,"last_produce_time":105}""");
    }

    [Fact]
    public void Without_a_view_the_rate_is_zero()
    {
        Event(0, "click", "shoes");
        Event(10_000_000_000, "view", "shoes");

        Rows().Should().ContainSingle(row => row.Contains("\"ctr\":0,"));
    }

    [Fact]
    public void An_ad_that_is_not_in_the_table_counts_for_the_campaign_that_the_event_names_and_without_one_is_dropped()
    {
        Event(0, "view", "hat", "3");
        Event(1, "view", null, "3");
        Event(2, "view", "hat");
        Event(3, "view", "hat", "null");
        Event(4, "view", "hat", "\"3\"");
        Event(10_000_000_000, "view", "shoes");

        Rows().Should().ContainSingle(row => row.Contains("\"campaign_id\":3,") && row.Contains("\"events\":2,"));
        _driver.Dropped.Should().Contain("unknown-ad", 3);
    }

    [Fact]
    public void An_ad_counts_for_its_campaign_in_the_table_and_after_a_tombstone_no_more()
    {
        Event(0, "view", "shoes", "3");
        Ad("shoes", null);
        Event(1, "view", "shoes", "4");
        Event(10_000_000_000, "view", "hat", "1");

        Rows().Select(row => row.Split("\"campaign_id\":")[1].Split(',')[0]).Should().BeEquivalentTo("7", "4");
    }

    [Theory]
    [InlineData("", "not-json")]
    [InlineData("7", "not-an-object")]
    [InlineData("""{"event_type":"view","event_time_ns":1767268800000000000}""", "bad-produce-time")]
    [InlineData("""{"event_type":null,"event_time_ns":1767268800000000000,"produce_time":1}""", "bad-event-type")]
    [InlineData("""{"event_type":"view","event_time_ns":"1767268800000000000","produce_time":1}""", "bad-event-time")]
    [InlineData("""{"event_type":"view","event_time_ns":1.7672688e18,"produce_time":1}""", "bad-event-time")]
    public void What_is_malformed_is_counted_by_its_reason(string json, string reason)
    {
        _driver.Pipe("events", key: null, Encoding.UTF8.GetBytes(json), timestamp: 0);

        _driver.Dropped.Should().Contain(reason, 1);
    }

    [Fact]
    public void What_is_no_UTF8_is_malformed_for_the_application_and_for_the_oracle()
    {
        var value = Encoding.Latin1.GetBytes("""{"event_type":"view","event_time_ns":1767268800000000000,"produce_time":1,"page_id":"ÿ"}""");
        var oracle = new CampaignOracle(TimeSpan.Zero, DateTimeOffset.MaxValue);

        oracle.Add(partition: 0, value);
        _driver.Pipe("events", key: null, value, timestamp: 0);

        oracle.Malformed.Should().Be(1);
        _driver.Dropped.Should().Contain("invalid-utf8", 1);
    }

    [Fact]
    public void The_topics_that_are_deleted_are_those_that_the_application_makes() =>
        _driver.Topics.Where(topic => topic.StartsWith("ad-campaigns-", StringComparison.Ordinal)).Append("ad-campaigns-instances")
            .Should().BeEquivalentTo(CampaignTopology.OwnTopics.Select(topic => $"ad-campaigns-{topic}"));

    [Fact]
    public void All_that_carries_state_is_named() => CampaignTopology.Build(new()).Warnings.Should().BeEmpty();

    public void Dispose() => _driver.Dispose();

    private int _produced = 100;

    private void Ad(string ad, string? campaign) => _driver.Pipe("ads", Encoding.UTF8.GetBytes(ad), campaign is null ? null : Encoding.UTF8.GetBytes(campaign), timestamp: 0);

    private void Event(long nanoseconds, string type, string? ad, string? campaign = null)
    {
        var ofAd = ad is null ? "" : $"\"ad_id\":\"{ad}\",";
        var ofCampaign = campaign is null ? "" : $"\"campaign_id\":{campaign},";
        var json = $$"""{"user_id":"u",{{ofAd}}{{ofCampaign}}"event_type":"{{type}}","event_time_ns":{{(Start * 1_000_000) + nanoseconds}},"produce_time":{{_produced++}}}""";
        _driver.Pipe("events", key: null, Encoding.UTF8.GetBytes(json), timestamp: 0);
    }

    private List<string> Rows()
    {
        _driver.AdvanceWallClock(TimeSpan.FromMilliseconds(200));
        return _driver.Read("results").Select(record => Encoding.UTF8.GetString(record.Value!)).ToList();
    }
}
