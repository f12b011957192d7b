using System.Collections.Concurrent;

namespace CrashStreams.Engine;

/// <summary>The state of an application, and the fault that has ended it. Only changes that <see cref="ApplicationState"/> draws are made.</summary>
internal sealed class ApplicationLife
{
    // Held while the state changes: callers, stream threads and watches change it. Reading needs no lock.
    private readonly Lock _changing = new();

    // Held while changes are told, so that they are told in their order; not the other one, because handlers may look at the state and change it.
    private readonly Lock _telling = new();
    private readonly ConcurrentQueue<(ApplicationState Before, ApplicationState Now)> _untold = new();
    private int _state;
    private Exception? _fault;

    /// <summary>Called after each change with the state before and the state now, by whoever has made it.</summary>
    public Action<ApplicationState, ApplicationState> Changed { get; set; } = static (_, _) => { };

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
            MoveTo(next);
        }

        Tell();
        return true;
    }

    /// <summary>Answers whether it was this fault that has ended the application: the first counts, and none after the end.</summary>
    public bool TryFail(Exception fault)
    {
        lock (_changing)
        {
            if (!IsLegal(State, ApplicationState.Failed))
                return false;
            Volatile.Write(ref _fault, fault);
            MoveTo(ApplicationState.Failed);
        }

        Tell();
        return true;
    }

    private void MoveTo(ApplicationState next)
    {
        _untold.Enqueue((State, next));
        Volatile.Write(ref _state, (int)next);
    }

    private void Tell()
    {
        lock (_telling)
        {
            while (_untold.TryDequeue(out var change))
                Changed(change.Before, change.Now);
        }
    }

    private static bool IsLegal(ApplicationState from, ApplicationState to) => (from, to) is
        (ApplicationState.Created, ApplicationState.Starting)
        or (ApplicationState.Starting, ApplicationState.Running or ApplicationState.Stopped or ApplicationState.Failed)
        or (ApplicationState.Running, ApplicationState.Stopping or ApplicationState.Failed)
        or (ApplicationState.Stopping, ApplicationState.Stopped or ApplicationState.Failed);
}
