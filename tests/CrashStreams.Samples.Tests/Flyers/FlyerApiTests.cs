using System.Net.Http.Json;
using System.Text.Json;

namespace CrashStreams.Samples.Tests.Flyers;

/// <summary>The API over HTTP, with a real broker and a real Redis.</summary>
public sealed class FlyerApiTests
{
    [Fact]
    public async Task An_answer_has_the_events_of_its_request_and_of_all_before()
    {
        await using var api = await FlyerApi.StartAsync();

        (await Text(api.PostAsync($"[{Event("ann", "2026-01-01T10:00:00Z")},{Event("ann", "2026-01-01T10:10:00", "flyer_close")}]"))).Should().Be("""[{"user_id":"ann","avg_time_on_flyer_per_user_hours":0.17}]""");
        (await Text(api.PostAsync($"[{Event("bob", "2026-01-01T12:00:00+02:00")},{Event("bob", "2026-01-01T11:00:00.999Z")},{Event("cat", "2026-01-01T11:00:00Z")}]"))).Should()
            .Be("""[{"user_id":"ann","avg_time_on_flyer_per_user_hours":0.17},{"user_id":"bob","avg_time_on_flyer_per_user_hours":1.00}]""");
        // In between two that were there: the same time, in two visits.
        (await Text(api.PostAsync(Event("ann", "2026-01-01T10:05:00Z", "flyer_close", merchant: "m2")))).Should().Contain("""{"user_id":"ann","avg_time_on_flyer_per_user_hours":0.08}""");
        (await Text(api.PostAsync("[]"))).Should().Contain("ann").And.Contain("bob");

        (await api.GetAsync("/api/results/bob")).Should().Be("""{"user_id":"bob","avg_time_on_flyer_per_user_hours":1.00}""");
        (await api.StatusOfAsync("/api/results/cat")).Should().Be(404, "one event is no visit");
        (await api.GetAsync("/api/results?limit=1&after=ann")).Should().Contain("bob").And.NotContain("ann");
        (await api.StatusOfAsync("/api/results?limit=0")).Should().Be(400);
        (await api.GetAsync("/api/merchants.csv")).Should().Be("merchant_id,visits,users,avg_visit_seconds,opens\r\nm1,2,2,1950.00,4\r\nm2,1,1,300.00,0\r\n");
        (await api.GetAsync("/api/merchants")).Should().Contain("""{"merchant_id":"m2","visits":1,"users":1,"avg_visit_seconds":300.00,"opens":0}""");
        (await api.GetAsync("/api/openapi.json")).Should().Contain("/api/process");
        (await api.GetAsync("/metrics")).Should().Contain("crashstreams_records_processed");
    }

    [Fact]
    public async Task What_is_no_batch_is_refused()
    {
        await using var api = await FlyerApi.StartAsync();
        var tooLarge = new string(' ', 17 << 20);
        var largeEvent = Event("ann", "2026-01-01T10:00:00Z", merchant: new string('m', 2_000_000));
        foreach (var (body, type, status, says) in new[]
        {
            ("[1]", "application/json", 400, "0"), ("{", "application/json", 400, "JSON"), ("7", "application/json", 400, "JSON"), ("[]", "text/plain", 415, null), (largeEvent, "application/json", 400, "at most 100,000 bytes"), (tooLarge, "application/json", 413, "too large"),
        })
        {
            using var answer = await api.PostAsync(body, type);
            ((int)answer.StatusCode).Should().Be(status);
            if (says is not null)
                (await answer.Content.ReadAsStringAsync()).Should().Contain(says);
        }
    }

    [Fact]
    public async Task Of_a_batch_with_a_malformed_event_none_is_taken_and_each_fault_is_named()
    {
        await using var api = await FlyerApi.StartAsync();

        using var answer = await api.PostAsync($"""[{Event("ann", "2026-01-01T10:00:00Z")},{Event("ann", "tomorrow")},{"{"}"timestamp":"2026-01-01T10:10:00Z","user_id":null{"}"}]""");

        ((int)answer.StatusCode).Should().Be(400);
        var faults = await answer.Content.ReadFromJsonAsync<JsonElement>();
        faults.EnumerateArray().Select(static f => (f.GetProperty("index").GetInt32(), f.GetProperty("fault").GetString())).Should().Equal((1, "timestamp is no ISO 8601 time"), (2, "user_id is missing"));
        (await Text(api.PostAsync(Event("ann", "2026-01-01T10:30:00Z")))).Should().Be("[]", "the first was not taken");
    }

    [Fact]
    public async Task An_event_that_is_posted_again_counts_once_and_the_first_of_two_contents_counts()
    {
        await using var api = await FlyerApi.StartAsync();
        var first = Event("ann", "2026-01-01T10:00:00Z", id: "1");

        await Text(api.PostAsync($"[{first},{Event("ann", "2026-01-01T11:00:00Z", id: "2")}]"));
        (await Text(api.PostAsync($"[{first},{Event("bob", "2026-01-01T10:00:00Z", id: "2")},{first}]"))).Should().Be("""[{"user_id":"ann","avg_time_on_flyer_per_user_hours":1.00}]""");
        (await Text(api.PostAsync($"[{Event("bob", "2026-01-01T10:00:00Z")},{Event("bob", "2026-01-01T10:00:00Z")}]"))).Should().Contain("""{"user_id":"bob","avg_time_on_flyer_per_user_hours":0.00}""");
    }

    [Fact]
    public async Task Merchants_of_one_second_do_not_depend_on_the_order_of_events()
    {
        await using var api = await FlyerApi.StartAsync();
        foreach (var (user, merchants) in new[] { ("ann", new[] { "m2", "m10", "m3" }), ("bob", ["m3", "m10", "m2"]), ("cat", ["m10", "m3", "m2"]) })
        {
            foreach (var merchant in merchants)
                await Text(api.PostAsync(Event(user, "2026-01-01T10:00:00Z", "flyer_close", merchant)));
            await Text(api.PostAsync(Event(user, "2026-01-01T10:10:00Z", "flyer_close", "m4")));
        }

        (await api.GetAsync("/api/merchants.csv")).Should().Be("merchant_id,visits,users,avg_visit_seconds,opens\r\nm2,3,3,0.00,0\r\nm3,3,3,0.00,0\r\nm4,3,3,600.00,0\r\n", "m10 is the first by code point");
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_the_program_and_Redis_are_killed_under_load()
    {
        await using var api = await FlyerApi.StartAsync();
        await Load(api, "--count", "3000");
        await api.CrashAndStartAsync();
        await Load(api, "--count", "3000", "--seed", "2", "--no-wait");
        await api.CrashAndStartAsync();

        api.Redis.Crash();
        while (await api.StatusOfAsync("/api/health") == 200)
            await Task.Delay(50);
        (await api.StatusOfAsync("/api/results")).Should().Be(503);
        using (var refused = await api.PostAsync("[]"))
            ((int)refused.StatusCode).Should().Be(503);
        api.Redis.Restart();
        await api.UntilHealthyAsync();
        await Load(api, "--count", "1000", "--seed", "3");

        var (exitCode, text) = await api.RunAsync("verify", "--redis", api.Redis.Address);
        exitCode.Should().Be(0, text);
        text.Should().Contain("results: ").And.Contain("all right");
    }

    private static string Event(string user, string timestamp, string kind = "flyer_open", string merchant = "m1", string? id = null) =>
        $$"""{"timestamp":"{{timestamp}}","user_id":"{{user}}","event":"{{kind}}","flyer_id":"f1","merchant_id":"{{merchant}}"{{(id is null ? "" : $",\"event_id\":\"{id}\"")}}}""";

    private static async Task Load(FlyerApi api, params string[] arguments)
    {
        var (exitCode, text) = await api.RunAsync(["load", .. arguments]);
        exitCode.Should().Be(0, text);
    }

    private static async Task<string> Text(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).Should().Be(200, text);
        return text;
    }
}
