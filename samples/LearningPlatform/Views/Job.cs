namespace CrashStreams.Samples.Learning.Views;

/// <summary>An application of its own: the views of one topic.</summary>
internal enum Job
{
    Auth,
    Assessment,
    Video,
    Course,
    Profile,
    Notification,
}

/// <summary>The jobs by name.</summary>
internal static class Jobs
{
    public static IReadOnlyList<Job> All { get; } = Enum.GetValues<Job>();

    /// <summary>As it is written on the command line and in names of groups: <c>auth</c>.</summary>
    public static string NameOf(Job job) => job.ToString().ToLowerInvariant();

    /// <summary>Null when there is no such job.</summary>
    public static Job? Find(string name) => All.Select(job => (Job?)job).FirstOrDefault(job => NameOf(job!.Value) == name);
}
