using System.Text;
using CrashStreams.Samples.Clickstream;
using CrashStreams.Samples.Clickstream.Topology;
using CrashStreams.Samples.Clickstream.Verification;
using CrashStreams.Samples.Verification;
using CrashStreams.Sinks;
using CrashStreams.Testing;

namespace CrashStreams.Samples.Tests.Clickstream;

/// <summary>The rows, field by field, of a few events each.</summary>
public sealed class ClickstreamRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TopologyTestDriver _driver;

    public ClickstreamRowsTests()
    {
        var options = new ClickstreamOptions();
        _driver = new(ClickstreamTopology.Build(options, ClickstreamTopology.RevenueFiles(new LocalFolder(_folder.Path))), options.ToStreamsOptions(storage: null), DateTimeOffset.Parse("2026-01-01T12:00:00Z", null));
    }

    [Fact]
    public void Page_views_count_events_and_each_user_once()
    {
        Click("12:00:00Z", "anna");
        Click("12:00:10Z", "anna");
        Click("12:00:59.999999999Z", "bob");
        Click("12:01:00Z", "carl");
        Close();

        Rows("page-views").Should().Equal(
            """{"window_start":"2026-01-01T12:00:00Z","window_end":"2026-01-01T12:01:00Z","product_id":"shoes","category":"clothing","view_count":3,"unique_users":2}""",
            """{"window_start":"2026-01-01T12:01:00Z","window_end":"2026-01-01T12:02:00Z","product_id":"shoes","category":"clothing","view_count":1,"unique_users":1}""");
    }

    [Fact]
    public void A_purchase_counts_for_the_clicks_of_its_user_and_product_in_the_ten_minutes_before_it_bounds_included()
    {
        Click("12:00:00Z", "anna");
        Click("12:04:59.999Z", "anna");
        Click("12:05:00Z", "anna");
        Click("12:00:00Z", "bob");
        Purchase("12:00:00Z", "anna", "10");
        Purchase("12:10:00Z", "anna", "10");
        Purchase("12:10:00.001Z", "anna", "10");
        Purchase("12:09:00Z", "anna", "10", product: "hat");
        Close();

        Rows("analytics-results").Should().Equal(
            """{"window_start":"2026-01-01T12:00:00Z","window_end":"2026-01-01T12:05:00Z","product_id":"shoes","clicks":5,"purchases":4,"conversion_rate":0.8,"unique_clicks":3,"converted_clicks":2}""",
            """{"window_start":"2026-01-01T12:05:00Z","window_end":"2026-01-01T12:10:00Z","product_id":"shoes","clicks":2,"purchases":2,"conversion_rate":1,"unique_clicks":1,"converted_clicks":1}""");
    }

    [Fact]
    public void Events_exactly_half_an_hour_apart_are_one_session_and_a_millisecond_more_makes_two()
    {
        Click("12:00:00Z", "anna");
        Click("12:30:00Z", "anna");
        Click("13:00:00.001Z", "anna");
        Close();

        Rows("sessions").Should().Equal(
            """{"session_id":"of anna","start":"2026-01-01T12:00:00Z","end":"2026-01-01T12:30:00Z","event_count":2,"duration_seconds":1800,"status":"completed"}""",
            """{"session_id":"of anna","start":"2026-01-01T13:00:00.001Z","end":"2026-01-01T13:00:00.001Z","event_count":1,"duration_seconds":0,"status":"completed"}""");
    }

    [Fact]
    public async Task Revenue_is_a_decimal_and_its_average_has_enough_decimals()
    {
        Purchase("12:00:00Z", "anna", "0.1");
        Purchase("12:01:00Z", "bob", "0.2");
        Purchase("12:04:59Z", "bob", "1e2", product: "hat");
        Close();
        var rows = new RowCheck("revenue");

        await ParquetRows.FindAsync(rows, _folder.Path, CancellationToken.None);
        rows.Expect("avg_transaction: 33.4333333333, category: clothing, total_revenue: 100.3, transaction_count: 3, window_end: 2026-01-01T12:05:00Z, window_start: 2026-01-01T12:00:00Z", isDue: true);

        rows.Differences().Should().BeEmpty();
    }

    [Theory]
    [InlineData("", "not-json")]
    [InlineData("no json", "not-json")]
    [InlineData("""{"user_id":"u"} {}""", "not-json")]
    [InlineData("[]", "not-an-object")]
    [InlineData("null", "not-an-object")]
    [InlineData("""{"user_id":"u","session_id":"s","product_id":"p","category":"c"}""", "bad-timestamp")]
    [InlineData("""{"user_id":"u","session_id":"s","product_id":"p","category":"c","timestamp":"2026-01-01"}""", "bad-timestamp")]
    [InlineData("""{"user_id":"u","session_id":"s","product_id":"p","category":"c","timestamp":1767268800}""", "bad-timestamp")]
    [InlineData("""{"user_id":7,"session_id":"s","product_id":"p","category":"c","timestamp":"2026-01-01T12:00:00Z"}""", "bad-user-id")]
    [InlineData("""{"user_id":"u","session_id":null,"product_id":"p","category":"c","timestamp":"2026-01-01T12:00:00Z"}""", "bad-session-id")]
    [InlineData("""{"user_id":"u","session_id":"s","product_id":{},"category":"c","timestamp":"2026-01-01T12:00:00Z"}""", "bad-product-id")]
    [InlineData("""{"user_id":"u","session_id":"s","product_id":"p","category":["c"],"timestamp":"2026-01-01T12:00:00Z"}""", "bad-category")]
    public void What_is_malformed_is_counted_by_its_reason_and_in_no_result(string json, string reason)
    {
        Pipe("clickstream", json);

        _driver.Dropped.Should().Contain(reason, 1);
    }

    [Fact]
    public void Other_fields_may_be_anything_and_the_last_of_two_counts()
    {
        Pipe("clickstream", """{"x":{"user_id":"nobody"},"user_id":7,"user_id":"\u0061nna","session_id":"s","product_id":"shoes","category":"clothing","timestamp":"2026-01-01T12:00:00\u005a","action":null,"page_url":[1]}""");
        Close();

        _driver.Dropped.Should().NotContainKey("not-json");
        Rows("page-views").Should().ContainSingle(row => row.Contains("\"view_count\":1"));
    }

    [Fact]
    public void The_topics_that_are_deleted_are_those_that_the_application_makes() =>
        _driver.Topics.Where(topic => topic.StartsWith("clickstream-", StringComparison.Ordinal))
            .Should().BeEquivalentTo(ClickstreamTopology.OwnTopics.Select(topic => $"clickstream-{topic}"));

    [Fact]
    public void All_that_carries_state_is_named() =>
        ClickstreamTopology.Build(new(), ClickstreamTopology.RevenueFiles(new LocalFolder(_folder.Path))).Warnings.Should().BeEmpty();

    public void Dispose()
    {
        _driver.Dispose();
        _folder.Dispose();
    }

    private void Click(string time, string user) =>
        Pipe("clickstream", $$"""{"event_id":"e","user_id":"{{user}}","session_id":"of {{user}}","product_id":"shoes","category":"clothing","action":"view","timestamp":"2026-01-01T{{time}}"}""");

    private void Purchase(string time, string user, string amount, string product = "shoes") =>
        Pipe("transactions", $$"""{"transaction_id":"t","user_id":"{{user}}","product_id":"{{product}}","category":"clothing","amount":{{amount}},"quantity":2,"timestamp":"2026-01-01T{{time}}"}""");

    // Something a day later, which no window waits for.
    private void Close()
    {
        Pipe("clickstream", """{"user_id":"late","session_id":"late","product_id":"late","category":"late","timestamp":"2026-01-02T12:00:00Z"}""");
        Pipe("transactions", """{"user_id":"late","product_id":"late","category":"late","amount":1,"timestamp":"2026-01-02T12:00:00Z"}""");
        for (var i = 0; i < 10; i++)
            _driver.AdvanceWallClock(TimeSpan.FromMilliseconds(100));
    }

    private void Pipe(string topic, string json) => _driver.Pipe(topic, key: null, Encoding.UTF8.GetBytes(json), timestamp: 0);

    private List<string> Rows(string topic) => _driver.Read(topic).Select(record => Encoding.UTF8.GetString(record.Value!)).Order(StringComparer.Ordinal).ToList();
}
