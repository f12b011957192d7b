using System.Globalization;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>How far a member is with one of its tasks.</summary>
internal enum MemberTaskState
{
    Running,
    Restoring,

    /// <summary>Assigned, but somebody else on its machine still holds the task's state.</summary>
    Waiting,

    /// <summary>Not its own: it keeps a copy of the stores.</summary>
    Standby,
}

/// <summary>What a member says of one of its tasks.</summary>
/// <param name="Id">The task.</param>
/// <param name="State">How far it is.</param>
/// <param name="Watermark">How far its event time had come at its last commit: what expires by it, no owner will miss. Milliseconds.</param>
internal readonly record struct MemberTask(TaskId Id, MemberTaskState State, long Watermark = TaskClock.Unknown);

/// <summary>
/// A stream thread as the others know it, from the topic <c>application-instances</c>: key = its name, which begins with its instance's; value, UTF-8:
/// <code>
/// 1                 the format
/// host:port         or an empty line
/// 0_3 Running 1234  one line per task, with its committed watermark where there is one
/// </code>
/// </summary>
internal sealed record Member(string Name, string? Host, IReadOnlyList<MemberTask> Tasks)
{
    private const string Format = "1";

    /// <summary>The process that the thread belongs to.</summary>
    public string Instance => InstanceOf(Name);

    public static string InstanceOf(string member) => member[..Math.Max(0, member.LastIndexOf('-'))];

    public string Value => string.Join('\n', Tasks.Select(static t => string.Create(
        CultureInfo.InvariantCulture, $"{t.Id} {t.State}{(t.Watermark == TaskClock.Unknown ? "" : $" {t.Watermark}")}")).Prepend(Host ?? "").Prepend(Format));

    /// <summary>Null when the text is of another format, or none.</summary>
    public static Member? Parse(string name, string value)
    {
        if (value.Split('\n') is not [Format, var host, .. var lines])
            return null;
        var tasks = new List<MemberTask>();
        foreach (var line in lines)
        {
            var watermark = TaskClock.Unknown;
            if (line.Split(' ', '_') is not [var subTopology, var partition, var text, .. var rest] || !int.TryParse(subTopology, out var s) || !int.TryParse(partition, out var p)
                || !Enum.TryParse<MemberTaskState>(text, out var state) || rest.Length > 1
                || (rest.Length == 1 && !long.TryParse(rest[0], CultureInfo.InvariantCulture, out watermark)))
                return null;
            tasks.Add(new(new(s, p), state, watermark));
        }

        return new(name, host.Length == 0 ? null : host, tasks);
    }
}
