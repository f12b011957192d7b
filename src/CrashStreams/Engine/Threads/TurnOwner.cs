namespace CrashStreams.Engine;

/// <summary>
/// Which thread runs a stream thread's turn. Operators belong to it: a processor that forwards from a task of its own would write to topics and stores in the middle of another record.
/// </summary>
internal sealed class TurnOwner
{
    // Read by the threads of misuse: whatever they see, it is not their own number.
    private int _threadId;

    // Written by the thread of a misuse, read by the owner.
    private Exception? _misuse;

    public bool IsHere => _threadId == Environment.CurrentManagedThreadId;

    /// <summary>The calling thread's turn begins.</summary>
    /// <exception cref="ProcessingException">Another thread has used an operator.</exception>
    public void Enter()
    {
        if (Volatile.Read(ref _misuse) is { } misuse)
            throw new ProcessingException(misuse.Message, misuse);
        _threadId = Environment.CurrentManagedThreadId;
    }

    /// <summary>Until the next turn nobody may use operators, not even from the thread that ran the last one.</summary>
    public void Leave() => _threadId = 0;

    /// <summary>Throws at the caller, and at the owner's next turn too: nobody may look at the task that the caller runs in.</summary>
    public Exception Misused(string node, TaskId task, string action)
    {
        var misuse = new ProcessingException(
            $"Processor '{node}' (task {task}) used {action} outside of its task's turn, from another thread. {action} may be used only until Process, Init, Close or a callback of Schedule returns: "
            + "after an await or in Task.Run the task has gone on. For calls that take time use MapAsync; or put what other threads have to say into a ConcurrentQueue, and let a callback of Schedule forward it.");
        Interlocked.CompareExchange(ref _misuse, misuse, null);
        return misuse;
    }
}
