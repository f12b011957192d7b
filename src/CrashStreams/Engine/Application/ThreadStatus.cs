using System.Globalization;

namespace CrashStreams.Engine;

/// <summary>What the status of an application says of its stream threads. Any thread may ask.</summary>
internal static class ThreadStatus
{
    /// <summary>Of the one that is worst off; of restores the sum.</summary>
    /// <param name="threads">A thread that has not begun yet, or is about to begin again, is null.</param>
    public static ApplicationStatus Of(IReadOnlyList<StreamThread?> threads)
    {
        var (running, assigned, left) = (0, 0, 0L);
        var (isJoining, readsGlobalTables) = (false, false);
        string? blocked = null;
        foreach (var thread in threads)
        {
            if (thread is null)
            {
                isJoining = true;
                continue;
            }

            blocked ??= thread.Blocked;
            var counts = thread.TaskCounts;
            (running, assigned, left) = (running + counts.Running, assigned + counts.Assigned, left + thread.RestoreRemaining);
            readsGlobalTables |= thread.Globals is { IsComplete: false };
            isJoining |= thread.IsJoining;
        }

        return 0 switch
        {
            _ when blocked is not null => new(ApplicationActivity.Blocked, blocked),
            _ when readsGlobalTables => new(ApplicationActivity.Restoring, "global tables are read"),
            _ when running < assigned => new(ApplicationActivity.Restoring, string.Create(CultureInfo.InvariantCulture, $"{running} of {assigned} tasks run, {left} records of their changelogs are left")),
            _ when isJoining => new(ApplicationActivity.Joining),
            _ when assigned == 0 => new(ApplicationActivity.Running, "the group has assigned nothing to this instance"),
            _ => new(ApplicationActivity.Running),
        };
    }
}
