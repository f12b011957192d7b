using System.Text;
using CrashStreams.Samples.Learning;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Topology;
using CrashStreams.Samples.Learning.Verification;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Verification;
using CrashStreams.Testing;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>The rows, column by column, of a few events each.</summary>
public sealed class LearningRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private TopologyTestDriver? _driver;
    private string _topic = "";
    private int _number;

    [Fact]
    public async Task Users_count_once_per_window_and_hopping_windows_begin_every_minute()
    {
        await CloseAsync(Job.Auth,
            Event("LOGIN", "12:00:00", "anna", "\"session_id\":\"s\",\"success\":true"), Event("LOGOUT", "12:00:59.999999", "anna", "\"session_id\":\"t\""), Event("NEVER_SEEN", "12:00:10", "bob"),
            Event("NEVER_SEEN", "12:01:00", "bob"));

        (await RowsAsync("auth_realtime_active_users_1min")).Should().Equal("12:00-12:01 users 2, events 3", "12:01-12:02 users 1, events 1");
        (await RowsAsync("auth_realtime_active_users_5min")).Should().Equal(
            "11:56-12:01 users 2, events 3", "11:57-12:02 users 2, events 4", "11:58-12:03 users 2, events 4", "11:59-12:04 users 2, events 4", "12:00-12:05 users 2, events 4",
            "12:01-12:06 users 1, events 1");
        (await RowsAsync("auth_realtime_login_rate")).Should().Equal("12:00-12:01 attempts 1, successes 1, failures 0, success_rate 1");
    }

    [Fact]
    public async Task Five_failed_logins_of_a_user_are_suspicious_and_four_are_not()
    {
        await CloseAsync(Job.Auth, [.. Enumerable.Range(0, 9).Select(i => Event("LOGIN", $"12:04:0{i}", i % 2 == 0 ? "anna" : "bob", "\"session_id\":\"s\",\"success\":false"))]);
        (await RowsAsync("auth_realtime_failed_logins")).Should().BeEquivalentTo("12:00-12:05 user_id anna, failed_attempts 5, suspicious True", "12:00-12:05 user_id bob, failed_attempts 4, suspicious False");
    }

    [Fact]
    public async Task A_logout_meets_each_successful_login_of_its_session_in_the_hour_before_bounds_included()
    {
        await CloseAsync(Job.Auth,
            Event("LOGOUT", "13:00:00", "anna", "\"session_id\":\"s\""), // comes before its login
            Event("LOGIN", "12:00:00", "anna", "\"session_id\":\"s\",\"success\":true"), Event("LOGIN", "13:00:00", "bob", "\"session_id\":\"s\",\"success\":true"),
            Event("LOGIN", "11:59:59.999", "anna", "\"session_id\":\"s\",\"success\":true"), Event("LOGIN", "12:30:00", "anna", "\"session_id\":\"s\",\"success\":false"),
            Event("LOGIN", "12:30:00", "anna", "\"session_id\":\"t\",\"success\":true"), Event("LOGIN", "13:00:00.001", "anna", "\"session_id\":\"s\",\"success\":true"));

        (await RowsAsync("auth_realtime_session_activity")).Should().Equal("13:00-13:05 ended_sessions 2, avg_session_seconds 1800");
    }

    [Fact]
    public async Task A_submission_without_a_grade_within_the_hour_is_pending_and_each_grade_is_a_row()
    {
        await CloseAsync(Job.Assessment,
            Event("ASSIGNMENT_SUBMITTED", "12:00:00", "anna", "\"course_id\":\"c\",\"submission_id\":\"1\""), Event("ASSIGNMENT_SUBMITTED", "12:00:00", "anna", "\"course_id\":\"c\",\"submission_id\":\"2\""),
            Event("ASSIGNMENT_SUBMITTED", "12:04:00", "anna", "\"course_id\":\"d\",\"submission_id\":\"3\""),
            Event("ASSIGNMENT_GRADED", "13:00:00", "prof", "\"course_id\":\"other\",\"submission_id\":\"1\",\"score\":1"), Event("ASSIGNMENT_GRADED", "12:00:01", "prof", "\"course_id\":\"c\",\"submission_id\":\"1\",\"score\":1"),
            Event("ASSIGNMENT_GRADED", "13:00:00.001", "prof", "\"course_id\":\"c\",\"submission_id\":\"2\",\"score\":1"), Event("ASSIGNMENT_GRADED", "12:03:59.999", "prof", "\"course_id\":\"d\",\"submission_id\":\"3\",\"score\":1"));

        (await RowsAsync("assessment_realtime_grading_queue")).Should().BeEquivalentTo(
            "12:00-12:05 course_id c, submitted 3, graded 2, pending 1, avg_grading_seconds 1800.5", "12:00-12:05 course_id d, submitted 1, graded 0, pending 1, avg_grading_seconds null");
    }

    [Fact]
    public async Task A_delivery_ten_minutes_after_the_sending_counts_and_a_millisecond_later_it_does_not()
    {
        await CloseAsync(Job.Notification,
            Event("SENT", "12:00:00", "anna", "\"notification_id\":\"1\",\"channel\":\"sms\""), Event("DELIVERED", "12:10:00", "anna", "\"notification_id\":\"1\""),
            Event("SENT", "12:01:00", "anna", "\"notification_id\":\"2\",\"channel\":\"sms\""), Event("DELIVERED", "12:11:00.001", "anna", "\"notification_id\":\"2\""));
        (await RowsAsync("notification_realtime_delivery_status")).Should().Equal("12:00-12:05 channel sms, sent 2, delivered 1, undelivered 1, avg_delivery_ms 600000");
    }

    [Fact]
    public async Task Rates_over_nothing_are_null_and_scores_are_those_of_grades_and_quizzes()
    {
        await CloseAsync(Job.Assessment,
            Event("QUIZ_COMPLETED", "12:00:00", "anna", "\"quiz_id\":\"q\",\"course_id\":\"c\",\"score\":7.25"), Event("ASSIGNMENT_SUBMITTED", "12:00:00", "anna", "\"course_id\":\"d\",\"submission_id\":\"1\",\"score\":99"),
            Event("ASSIGNMENT_GRADED", "12:00:01", "anna", "\"course_id\":\"c\",\"submission_id\":\"1\",\"score\":1"), Event("ASSIGNMENT_GRADED", "12:00:01", "anna", "\"course_id\":\"c\",\"submission_id\":\"1\",\"score\":1"));

        (await RowsAsync("assessment_realtime_quiz_attempts")).Should().Equal("12:00-12:05 quiz_id q, started 0, completed 1, completion_rate null");
        (await RowsAsync("assessment_realtime_submissions_1min")).Should().BeEquivalentTo(
            "12:00-12:01 course_id c, submissions 0, scored 3, avg_score 3.083333, min_score 1, max_score 7.25",
            "12:00-12:01 course_id d, submissions 1, scored 0, avg_score null, min_score null, max_score null");
    }

    [Fact]
    public async Task Ranks_go_to_ten_without_gaps_and_ties_are_in_the_order_of_code_points()
    {
        string[] videos = ["\U0001f600", "\uffee", "b", "a", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"];
        await CloseAsync(Job.Video, [.. videos.Select(video => Event("VIDEO_STARTED", "12:00:00", "anna", $"\"video_id\":\"{video}\",\"watch_seconds\":0")), Event("VIDEO_STARTED", "12:04:00", "bob", "\"video_id\":\"\U0001f600\",\"watch_seconds\":0")]);

        (await RowsAsync("video_realtime_popular_videos")).Should().BeEquivalentTo(
            "12:00-12:05 rank 1, video_id \U0001f600, starts 2", "12:00-12:05 rank 2, video_id a, starts 1", "12:00-12:05 rank 3, video_id b, starts 1", "12:00-12:05 rank 4, video_id v1, starts 1",
            "12:00-12:05 rank 5, video_id v2, starts 1", "12:00-12:05 rank 6, video_id v3, starts 1", "12:00-12:05 rank 7, video_id v4, starts 1", "12:00-12:05 rank 8, video_id v5, starts 1",
            "12:00-12:05 rank 9, video_id v6, starts 1", "12:00-12:05 rank 10, video_id v7, starts 1");
    }

    [Fact]
    public async Task An_event_is_in_those_hopping_windows_that_its_partition_has_not_passed()
    {
        await CloseAsync(Job.Course,
            Event("COURSE_VIEWED", "12:10:00", "bob", "\"course_id\":\"other\""), // windows that end until 12:08 are passed
            Event("COURSE_VIEWED", "12:05:30", "anna", "\"course_id\":\"c\""));

        (await RowsAsync("course_realtime_engagement_metrics")).Where(row => row.Contains("course_id c", StringComparison.Ordinal)).Should().Equal(
            "12:04-12:09 course_id c, events 1, users 1, events_per_user 1", "12:05-12:10 course_id c, events 1, users 1, events_per_user 1");
        (await RowsAsync("course_realtime_active_courses_1min")).Should().ContainSingle("the other event is late there");
        _driver!.Dropped["late"].Should().Be(1);
    }

    [Theory]
    [InlineData("""{"event_id":"e","event_type":"LOGIN","user_id":"u","timestamp":"2026-01-01T12:00:00Z","session_id":"s"}""", "bad-success")]
    [InlineData("""{"event_id":"e","event_type":"LOGIN","user_id":"u","timestamp":"2026-01-01T12:00:00Z","session_id":"s","success":"true"}""", "bad-success")]
    [InlineData("""{"event_id":"e","event_type":"LOGOUT","user_id":"u","timestamp":"2026-01-01T12:00:00Z","session_id":null}""", "bad-session-id")]
    [InlineData("""{"event_type":"LOGOUT","user_id":"u","timestamp":"2026-01-01T12:00:00Z","session_id":"s"}""", "bad-event-id")]
    [InlineData("""{"event_id":"e","user_id":"u","timestamp":"2026-01-01T12:00:00Z","session_id":"s"}""", "bad-event-type")]
    [InlineData("""{"event_id":"e","event_type":"X","user_id":1,"timestamp":"2026-01-01T12:00:00Z"}""", "bad-user-id")]
    [InlineData("""{"event_id":"e","event_type":"X","user_id":"u","timestamp":1767268800}""", "bad-timestamp")]
    [InlineData("""["event"]""", "not-an-object")]
    public async Task A_malformed_event_is_counted_by_its_reason_and_in_no_view(string json, string reason)
    {
        await CloseAsync(Job.Auth, json);
        _driver!.Dropped[reason].Should().Be(1);
        foreach (var view in ViewCatalog.Of(Job.Auth))
            (await RowsAsync(view.Name)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_restart_in_the_middle_changes_nothing()
    {
        Start(Job.Notification);
        Pipe(Event("SENT", "12:00:00", "anna", "\"notification_id\":\"1\",\"channel\":\"sms\""));
        Pipe(Event("SENT", "12:00:01", "anna", "\"notification_id\":\"2\",\"channel\":\"sms\""));
        Pipe(Event("DELIVERED", "12:00:02", "anna", "\"notification_id\":\"2\""));
        _driver!.Restart();
        Pipe(Event("DELIVERED", "12:00:04", "anna", "\"notification_id\":\"1\""));
        Pipe(Event("DELIVERED", "12:00:05", "anna", "\"notification_id\":\"2\""));
        _driver!.Restart();
        Close();

        (await RowsAsync("notification_realtime_delivery_status")).Should().Equal("12:00-12:05 channel sms, sent 3, delivered 3, undelivered 0, avg_delivery_ms 3000");
        (await RowsAsync("notification_realtime_sent_1min")).Should().Equal("12:00-12:01 channel sms, sent 2");
    }

    public static TheoryData<string> JobNames => [.. Jobs.All.Select(Jobs.NameOf)];

    [Theory]
    [MemberData(nameof(JobNames))]
    public void The_topics_that_are_deleted_are_those_that_a_job_makes_and_all_that_carries_state_is_named(string job)
    {
        Start(Jobs.Find(job)!.Value);
        _driver!.Topics.Where(topic => topic.StartsWith("learning-", StringComparison.Ordinal)).Should().BeEquivalentTo(LearningTopology.OwnTopics(Jobs.Find(job)!.Value).Select(topic => $"learning-{job}-{topic}"));
        LearningTopology.Build(Jobs.Find(job)!.Value, new(), LearningTopology.Sinks(Jobs.Find(job)!.Value, new FolderViews(_folder.Path))).Warnings.Should().BeEmpty();
    }

    public void Dispose()
    {
        _driver?.Dispose();
        _folder.Dispose();
    }

    private string Event(string type, string time, string user, string? fields = null) =>
        $$"""{"event_id":"e{{_number++}}","event_type":"{{type}}","user_id":"{{user}}","timestamp":"2026-01-01T{{time}}Z"{{(fields is null ? "" : $",{fields}")}}}""";

    private void Start(Job job)
    {
        var options = new LearningOptions();
        _topic = options.TopicOf(job);
        _driver = new(LearningTopology.Build(job, options, LearningTopology.Sinks(job, new FolderViews(_folder.Path))), options.ToStreamsOptions(job, storage: null), DateTimeOffset.Parse("2026-01-01T12:00:00Z", null));
    }

    private void Pipe(string json) => _driver!.Pipe(_topic, key: null, Encoding.UTF8.GetBytes(json), timestamp: 0);

    private Task CloseAsync(Job job, params string[] events)
    {
        Start(job);
        foreach (var json in events)
            Pipe(json);
        Close();
        return Task.CompletedTask;
    }

    // What comes a day later closes all windows.
    private void Close()
    {
        Pipe("""{"event_id":"e","event_type":"LAST","user_id":"last","timestamp":"2026-01-02T12:00:00Z"}""");
        for (var i = 0; i < 100; i++)
            _driver!.AdvanceWallClock(TimeSpan.FromMilliseconds(100));
    }

    private async Task<List<string>> RowsAsync(string view)
    {
        var rows = new RowCheck(view);
        await StoredRows.FindAsync(rows, new FolderViews(_folder.Path), ViewFiles.LiveRoot, view, CancellationToken.None);
        var columns = ViewCatalog.Find(view)!.Columns.Select(column => column.Name).ToList();
        return [.. rows.Differences().Select(Text).Order(StringComparer.Ordinal)];

        string Text(string row)
        {
            var values = row["unexpected ".Length..].Split(", ").Select(field => field.Split(": ")).ToDictionary(field => field[0], field => field[1]);
            return $"{values["window_start"][11..16]}-{values["window_end"][11..16]} {string.Join(", ", columns.Skip(2).Select(column => $"{column} {values[column]}"))}";
        }
    }
}

/// <summary>Sets of users.</summary>
public sealed class UserSetTests
{
    [Fact]
    public void Each_user_is_in_it_once_however_many_there_are()
    {
        var set = new UserSet();
        var users = Enumerable.Range(0, 5_000).Select(i => $"user {i}").ToList();
        foreach (var user in users)
            set.Add(user).Should().BeTrue();
        foreach (var user in users)
            set.Add(new string(user)).Should().BeFalse();
        set.Count.Should().Be(5_000);
        set.Should().BeEquivalentTo(users);
    }
}
