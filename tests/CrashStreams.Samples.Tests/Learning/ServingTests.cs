using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>The API over HTTP, and a real object storage.</summary>
public sealed class ServingTests : IAsyncLifetime
{
    private const string Logins = "auth_realtime_login_rate";
    private const string Sent = "notification_realtime_sent_1min";
    private const string Popular = "video_realtime_popular_videos";
    private const string Failed = "auth_realtime_failed_logins";

    private ObjectStorage _storage = null!;
    private ViewApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _storage = await ObjectStorage.StartAsync();
        _api = await ViewApi.StartAsync(_storage.Views);
    }

    public async ValueTask DisposeAsync()
    {
        if (_api is not null)
            await _api.DisposeAsync();
        _storage?.Dispose();
    }

    [Fact]
    public async Task Over_the_end_of_a_batch_each_row_is_there_once_whatever_range_is_asked_for()
    {
        // Live rows until the end of the batch are other ones, and so are the batch's rows after it, which a batch that was killed has left: neither counts.
        const int End = 90, Last = 180;
        await _api.PutAsync(ViewFiles.BatchRoot, Enumerable.Range(1, 120).Select(minute => ViewApi.Row(Sent, minute, "email", minute <= End ? minute : 1_000L)));
        await _api.EndBatchAsync(Sent, End);
        foreach (var part in Enumerable.Range(1, Last).Chunk(7))
            await _api.PutAsync(ViewFiles.LiveRoot, part.Select(minute => ViewApi.Row(Sent, minute, "email", minute > End ? minute : 2_000L)));

        double[] edges = [0, 0.5, 30, 31, 89, 89.5, 90, 91, 180, 200];
        foreach (var from in edges)
        {
            foreach (var to in edges.Where(to => to >= from))
                (await _api.RowsAsync(Sent, from, to)).Select(row => row.GetProperty("sent").GetInt64()).Should().Equal(Enumerable.Range(1, Last).Where(minute => minute > from && minute <= to).Select(minute => (long)minute), $"({from}, {to}]");
        }

        var (status, all) = await _api.GetAsync($"/views/{Sent}?from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z");
        status.Should().Be(200);
        all.Split("window_end").Should().HaveCount(Last + 1);
    }

    [Fact]
    public async Task Without_a_batch_or_with_one_that_did_not_end_all_rows_are_live()
    {
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Sent, 1, "email", 1L), ViewApi.Row(Sent, 2, "email", 2L));
        await _api.PutAsync(ViewFiles.BatchRoot, ViewApi.Row(Sent, 1, "email", 3L));
        (await SentAsync()).Should().Equal(1, 2);

        await _api.EndBatchAsync(Sent, 1);
        (await SentAsync()).Should().Equal(3, 2);

        // A later batch replaces files: what was read of the old ones is not used any more.
        await _api.PutAsync(ViewFiles.BatchRoot, ViewApi.Row(Sent, 1, "email", 3L), ViewApi.Row(Sent, 2, "email", 4L));
        await _api.EndBatchAsync(Sent, 2);
        (await SentAsync()).Should().Equal(3, 4);

        async Task<IEnumerable<long>> SentAsync() => (await _api.RowsAsync(Sent, 0, 10)).Select(row => row.GetProperty("sent").GetInt64());
    }

    [Fact]
    public async Task Rows_have_the_columns_of_the_view_and_come_by_window_rank_and_group()
    {
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Popular, 10, 2L, "b", 4L), ViewApi.Row(Popular, 5, 1L, "x", 7L), ViewApi.Row(Popular, 10, 1L, "<a>", 4L));
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Logins, 1, 3L, 2L, 1L, 0.666667m), ViewApi.Row(Logins, 2, 0L, 0L, 0L, null));
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Sent, 1, "\U0001f600", 3L), ViewApi.Row(Sent, 1, "\uffee", 2L), ViewApi.Row(Sent, 1, "a", 1L));
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row("assessment_realtime_submissions_1min", 1, "c", 5L, 2L, 10.5m, 1.25m, 20m));

        (await TextsAsync(Popular)).Should().Equal(
            """{"window_start":"2026-01-31T22:30:00Z","window_end":"2026-01-31T22:35:00Z","rank":1,"video_id":"x","starts":7}""",
            """{"window_start":"2026-01-31T22:35:00Z","window_end":"2026-01-31T22:40:00Z","rank":1,"video_id":"\u003Ca\u003E","starts":4}""",
            """{"window_start":"2026-01-31T22:35:00Z","window_end":"2026-01-31T22:40:00Z","rank":2,"video_id":"b","starts":4}""");
        (await TextsAsync(Logins)).Should().Equal(
            """{"window_start":"2026-01-31T22:30:00Z","window_end":"2026-01-31T22:31:00Z","attempts":3,"successes":2,"failures":1,"success_rate":0.666667}""",
            """{"window_start":"2026-01-31T22:31:00Z","window_end":"2026-01-31T22:32:00Z","attempts":0,"successes":0,"failures":0,"success_rate":null}""");
        (await _api.RowsAsync(Sent, 0, 10)).Select(row => row.GetProperty("channel").GetString()).Should().Equal("a", "\uffee", "\U0001f600");
        (await TextsAsync("assessment_realtime_submissions_1min")).Single().Should().Contain("\"avg_score\":10.500000,\"min_score\":1.25,\"max_score\":20}");

        async Task<IEnumerable<string>> TextsAsync(string view) => (await _api.RowsAsync(view, 0, 20)).Select(row => row.GetRawText());
    }

    [Fact]
    public async Task Rows_are_chosen_by_the_values_of_columns()
    {
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Failed, 5, "u 1&2", 5L, true), ViewApi.Row(Failed, 5, "u2", 1L, false), ViewApi.Row(Failed, 10, "u2", 7L, true));
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Logins, 1, 2L, 1L, 1L, 0.5m), ViewApi.Row(Logins, 2, 0L, 0L, 0L, null));

        foreach (var (filter, rows) in new[]
                 {
                     ("&user_id=u2", 2), ("&user_id=u%201%262", 1), ("&user_id=u", 0), ("&suspicious=true", 2), ("&suspicious=false", 1), ("&failed_attempts=7", 1), ("&user_id=u2&suspicious=true", 1),
                     ($"&window_end={ViewApi.Text(ViewApi.Minute(5))}", 2), ("&window_start=2026-01-31T23:30:00%2B01:00", 2), ("&window_start=2026-01-31T23:30:00+01:00", 2),
                 })
            (await _api.RowsAsync(Failed, 0, 10, filter)).Should().HaveCount(rows, filter);
        (await _api.RowsAsync(Logins, 0, 10, "&success_rate=0.5")).Should().HaveCount(1);
        (await _api.RowsAsync(Logins, 0, 10, "&success_rate=null")).Should().HaveCount(1);
    }

    [Fact]
    public async Task Answers_say_what_was_wrong()
    {
        foreach (var (status, path, says) in new[]
                 {
                     (404, "/views/nothing?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "no view 'nothing'"),
                     (400, $"/views/{Sent}", "from is missing"),
                     (400, $"/views/{Sent}?from=2026-01-01T00:00:00Z", "to is missing"),
                     (400, $"/views/{Sent}?from=yesterday&to=2026-01-02T00:00:00Z", "from is 'yesterday', which is no ISO time"),
                     (400, $"/views/{Sent}?from=2026-01-01T00:00:00Z&to=", "to is '', which is no ISO time"),
                     (400, $"/views/{Sent}?from=2026-01-03T00:00:00Z&to=2026-01-02T00:00:00Z", "from is after to"),
                     (400, $"/views/{Sent}?from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "from is there several times"),
                     (400, $"/views/{Sent}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&user_id=u", "has no column 'user_id'. There are: window_start, window_end, channel, sent."),
                     (400, $"/views/{Sent}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&sent=many", "'many' is no value of column sent, which holds whole numbers."),
                     (200, $"/views/{Sent}?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "[]"),
                     (200, $"/views/{Sent}?from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", "[]"),
                     (200, "/health", "OK"),
                     (200, "/views", "video_realtime_popular_videos"),
                     (200, "/openapi.json", "/views/{view}"),
                     (200, "/metrics", "dotnet_process"),
                     (200, "/", "/page.js"),
                 })
        {
            var (answered, body) = await _api.GetAsync(path);

            answered.Should().Be(status, $"{path}: {body}");
            body.Should().Contain(says);
        }
    }

    [Fact]
    public async Task While_the_storage_is_away_answers_are_503_and_say_why_and_afterwards_all_is_well()
    {
        await _api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row(Sent, 1, "email", 1L));
        _storage.Kill();

        foreach (var path in new[] { $"/views/{Sent}?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z", "/health" })
        {
            var (status, body) = await _api.GetAsync(path);
            status.Should().Be(503, body);
            body.Should().Contain("no storage answers at http://127.0.0.1");
        }

        (await _api.GetAsync($"/views/{Sent}?from=now")).Status.Should().Be(400, "that does not depend on the storage");
        await _storage.StartAgainAsync();
        (await _api.RowsAsync(Sent, 0, 10)).Should().ContainSingle();
    }
}
