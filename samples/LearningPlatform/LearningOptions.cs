using CrashStreams.Log;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning;

/// <summary>What is read, and how long rows wait for late events.</summary>
internal sealed record LearningOptions
{
    /// <summary>In front of the group and the internal topics of each job: <c>learning-auth</c>.</summary>
    public string ApplicationId { get; init; } = "learning";

    public string AuthTopic { get; init; } = "auth-events";

    public string AssessmentTopic { get; init; } = "assessment-events";

    public string VideoTopic { get; init; } = "video-events";

    public string CourseTopic { get; init; } = "course-events";

    public string ProfileTopic { get; init; } = "profile-events";

    public string NotificationTopic { get; init; } = "notification-events";

    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(2);

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>Stream threads of each job.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Event times further ahead of the clock are not believed; the input is believed by default.</summary>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromDays(36_500);

    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    public string TopicOf(Job job) => job switch
    {
        Job.Auth => AuthTopic,
        Job.Assessment => AssessmentTopic,
        Job.Video => VideoTopic,
        Job.Course => CourseTopic,
        Job.Profile => ProfileTopic,
        Job.Notification => NotificationTopic,
        _ => throw new ArgumentOutOfRangeException(nameof(job)),
    };

    public IReadOnlyList<TopicSpec> Topics(int partitions) => [.. Jobs.All.Select(job => new TopicSpec(TopicOf(job), partitions, new Dictionary<string, string>()))];

    /// <summary>The consumer group of a job, and what its internal topics begin with.</summary>
    public string GroupOf(Job job) => $"{ApplicationId}-{Jobs.NameOf(job)}";

    /// <param name="job">The job.</param>
    /// <param name="storage">Where state is kept between two lives; null: in memory.</param>
    public StreamsOptions ToStreamsOptions(Job job, IStateStorage? storage) => new()
    {
        ApplicationId = GroupOf(job),
        Threads = Threads,
        // Sums go through the shuffle with each commit: rarer commits make them fewer, and a row a little later.
        Delivery = { Guarantee = Guarantee, CommitInterval = CommitInterval },
        Time = { IdleAfter = IdleAfter, MaxFuture = MaxFuture },
        // Malformed events are counted by their reason, never fatal.
        Faults = { OnDeserialization = FaultResponse.Skip },
        State = { Storage = storage },
    };
}
