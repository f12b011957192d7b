using CrashStreams.Runtime;

namespace CrashStreams.Instances;

/// <summary>What a member says of one of its tasks.</summary>
internal enum MemberTaskState
{
    Running,
    Restoring,

    /// <summary>Assigned, but somebody else on its machine still holds the task's state.</summary>
    Waiting,

    /// <summary>Not its own: it keeps a copy of the stores.</summary>
    Standby,
}

/// <summary>
/// A stream thread as the others know it, from the topic <c>application-instances</c>: key = its name, which begins with its instance's; value, UTF-8:
/// <code>
/// 1                 the format
/// host:port         or an empty line
/// 0_3 Running       one line per task
/// </code>
/// </summary>
internal sealed record Member(string Name, string? Host, IReadOnlyList<(TaskId Id, MemberTaskState State)> Tasks)
{
    private const string Format = "1";

    /// <summary>The process that the thread belongs to.</summary>
    public string Instance => InstanceOf(Name);

    public static string InstanceOf(string member) => member[..Math.Max(0, member.LastIndexOf('-'))];

    public string Value => string.Join('\n', Tasks.Select(static t => $"{t.Id} {t.State}").Prepend(Host ?? "").Prepend(Format));

    /// <summary>Null when the text is of another format, or none.</summary>
    public static Member? Parse(string name, string value)
    {
        if (value.Split('\n') is not [Format, var host, .. var lines])
            return null;
        var tasks = new List<(TaskId, MemberTaskState)>();
        foreach (var line in lines)
        {
            if (line.Split(' ', '_') is not [var subTopology, var partition, var text] || !int.TryParse(subTopology, out var s) || !int.TryParse(partition, out var p)
                || !Enum.TryParse<MemberTaskState>(text, out var state))
                return null;
            tasks.Add((new(s, p), state));
        }

        return new(name, host.Length == 0 ? null : host, tasks);
    }
}
