using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>Brings restoring tasks further, and begins those whose stores are complete.</summary>
internal sealed class RestoreStep(Restorer restorer, AssignedTasks tasks, TimeSpan wait, string threadName, ILogger logger) : ITurnStep
{
    private const long LogMs = 10_000;
    private const long GraceMs = 2_000;

    private readonly List<StreamTask> _complete = [];
    private string? _blocked;
    private long _lookedAtMs = long.MinValue / 2;
    private long _loggedAtMs = long.MinValue / 2;

    /// <summary>What keeps tasks from running although they are assigned here, and how to end it; null when nothing does. Other threads may ask.</summary>
    public string? Blocked => Volatile.Read(ref _blocked);

    public void Run(Turn turn)
    {
        if (restorer.IsActive)
        {
            turn.IsBusy = true;
            _complete.AddRange(restorer.RunOnce(turn.HasRecords ? TimeSpan.Zero : wait));
        }

        if (restorer.HasWaiting)
            _complete.AddRange(restorer.RetryWaiting());
        if (restorer.HasWaiting || _blocked is not null)
            LookAtWaiting(turn.NowMs);
        // Not in the middle of a batch: the first of its records for the task were postponed, the others would come before them.
        if (_complete.Count == 0 || !turn.IsBatchDone)
            return;
        tasks.Run(_complete.FindAll(static t => t.State == TaskState.Restoring), turn.NowMs);
        _complete.Clear();
    }

    // A task that has just moved within the machine waits for a moment, which is nothing to speak of.
    private void LookAtWaiting(long nowMs)
    {
        if (!restorer.HasWaiting)
        {
            Volatile.Write(ref _blocked, null);
            _lookedAtMs = long.MinValue / 2;
            return;
        }

        if (_lookedAtMs < 0)
            _lookedAtMs = nowMs;
        if (nowMs - _lookedAtMs < GraceMs)
            return;
        var waiting = tasks.InOrder.Where(restorer.IsWaiting).Select(static t => t.Id);
        Volatile.Write(ref _blocked, $"the local state of task(s) {string.Join(' ', waiting)} is locked by another process or thread on this machine. End that process, or give each its own state directory.");
        if (nowMs - _loggedAtMs < LogMs)
            return;
        _loggedAtMs = nowMs;
        logger.ThreadBlocked(threadName, (nowMs - _lookedAtMs) / 1000, _blocked);
    }
}
