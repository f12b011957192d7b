namespace CrashStreams.Stores;

/// <summary>
/// Where an instance keeps the state of its tasks between two lives: a folder of RocksDB databases, or memory that outlives the tasks (tests,
/// simulation). One task's state is used by one owner at a time.
/// </summary>
public interface IStateStorage : IDisposable
{
    /// <summary>Claims the state of a task for its caller; false while another thread or process holds it.</summary>
    /// <param name="application">The application id.</param>
    /// <param name="task">Sub-topology and partition, for example <c>1_3</c>.</param>
    bool TryLock(string application, string task);

    /// <summary>Gives a task's state up; its engines are closed before.</summary>
    void Unlock(string application, string task);

    /// <summary>Opens a store's engine, made when it does not exist. The caller holds the task's lock.</summary>
    /// <exception cref="StateCorruptedException">What is there can't be read: <see cref="Delete"/> it, open again and restore from the changelog.</exception>
    /// <exception cref="CrashStreamsException">The storage can't be used (full disk, no permission, in use by another application).</exception>
    IStateEngine Open(string application, string task, string store);

    /// <summary>Forgets a store's content. Its engine is closed before.</summary>
    void Delete(string application, string task, string store);

    /// <summary>Deletes the state of tasks that nobody has held for <paramref name="unusedFor"/>. Answers which.</summary>
    IReadOnlyList<string> Clean(string application, TimeSpan unusedFor);
}

/// <summary>A store's content can't be read. It is rebuilt from its changelog.</summary>
public sealed class StateCorruptedException(string message, Exception? inner = null) : CrashStreamsException(message, inner);
