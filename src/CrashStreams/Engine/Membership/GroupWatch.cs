using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Looks who is in the group, some time after each change of an assignment and every minute: any consumer may join under the application's id, and takes partitions with it whose records it
/// reads and the application does not. Nothing keeps it out, so it is reported until it is gone; what it commits is not used (<see cref="StartPositions"/>). It also tells
/// the instance which of the positions that it remembers are other instances' now. Advice only, beside the threads.
/// </summary>
internal sealed class GroupWatch(string application, string instance, OwnPositions own, StatusBoard status, TimeProvider time)
{
    private const string Part = "the group";
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1), _often = TimeSpan.FromSeconds(5), _interval = TimeSpan.FromMinutes(1);

    // Set by the stream threads, and when they begin.
    private int _hasChanged;

    public void AssignmentChanged() => Volatile.Write(ref _hasChanged, 1);

    public async Task RunAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        var looked = time.GetTimestamp();
        var isWatchful = false;
        while (true)
        {
            await Task.Delay(_look, time, cancellation).ConfigureAwait(false);
            var hasChanged = Interlocked.Exchange(ref _hasChanged, 0) != 0;
            if (!hasChanged && time.GetElapsedTime(looked) < (isWatchful ? _often : _interval))
                continue;
            looked = time.GetTimestamp();
            // A change is looked at again: the group needs a while to settle.
            isWatchful = await LookAsync(admin, cancellation).ConfigureAwait(false) || hasChanged;
        }
    }

    // Answers whether there is a stranger.
    private async Task<bool> LookAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        IReadOnlyList<GroupMember> members;
        try
        {
            members = await admin.GroupMembersAsync(application, cancellation).ConfigureAwait(false);
        }
        catch (LogException)
        {
            // It is only advice: the next look may be answered.
            return true;
        }

        // An instance's clients are called after the application, the instance and what they are for.
        var strangers = members.Where(m => !m.ClientId.StartsWith($"{application}-", StringComparison.Ordinal)).ToList();
        foreach (var partition in members.Except(strangers).Where(m => !m.ClientId.StartsWith($"{application}-{instance}-", StringComparison.Ordinal)).SelectMany(static m => m.Partitions))
            own.Forget(partition);
        if (strangers.Count == 0)
        {
            status.Clear(Part);
            return false;
        }

        var text = string.Join("; ", strangers.Select(static s => $"client '{s.ClientId}' at {s.Host} has {(s.Partitions.Count == 0 ? "no partition" : string.Join(", ", s.Partitions.Order().Take(10)))}"));
        status.Report(Part, ApplicationActivity.Blocked,
            $"group '{application}' has members that are not of this application: {text}. Nobody processes the records of their partitions while they are there. Stop them, or give them another group.");
        return true;
    }
}
