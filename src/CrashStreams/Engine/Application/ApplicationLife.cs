namespace CrashStreams.Engine;

/// <summary>The state of an application, and the fault that has ended it. Only changes that <see cref="ApplicationState"/> draws are made.</summary>
internal sealed class ApplicationLife
{
    // Held while the state changes: callers, stream threads and watches change it. Reading needs no lock.
    private readonly Lock _changing = new();
    private int _state;
    private Exception? _fault;

    public ApplicationState State => (ApplicationState)Volatile.Read(ref _state);

    /// <summary>Why the application has failed; null when it has not.</summary>
    public Exception? Fault => Volatile.Read(ref _fault);

    /// <summary>Answers whether the change is a legal one, and was made.</summary>
    public bool TryMoveTo(ApplicationState next)
    {
        lock (_changing)
        {
            if (!IsLegal(State, next))
                return false;
            Volatile.Write(ref _state, (int)next);
            return true;
        }
    }

    /// <summary>Answers whether it was this fault that has ended the application: the first counts, and none after the end.</summary>
    public bool TryFail(Exception fault)
    {
        lock (_changing)
        {
            if (!IsLegal(State, ApplicationState.Failed))
                return false;
            Volatile.Write(ref _fault, fault);
            return TryMoveTo(ApplicationState.Failed);
        }
    }

    private static bool IsLegal(ApplicationState from, ApplicationState to) => (from, to) is
        (ApplicationState.Created, ApplicationState.Starting)
        or (ApplicationState.Starting, ApplicationState.Running or ApplicationState.Stopped or ApplicationState.Failed)
        or (ApplicationState.Running, ApplicationState.Stopping or ApplicationState.Failed)
        or (ApplicationState.Stopping, ApplicationState.Stopped or ApplicationState.Failed);
}
