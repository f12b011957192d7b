using CrashStreams.Broker.Log;

namespace CrashStreams.Broker.Storage;

/// <summary>A file that is kept open for its next use, and can be closed until then.</summary>
internal interface IKeptFile
{
    /// <summary>Whether it was used since this was last asked.</summary>
    bool TakeUsed();

    void CloseUntilUsed();
}

/// <summary>
/// How many files of logs are open at a time. The active segments used last are kept open; all others are opened when somebody needs them, and
/// so are closed segments. What a fetch finds holds its file until the client has taken it: beyond a number, fetches find less.
/// </summary>
/// <param name="limit">How many files the process can have open, sockets included.</param>
internal sealed class FileBudget(int limit)
{
    // EMFILE and ENFILE, as the HResult of an IOException.
    private const int TooManyInProcess = 24;
    private const int TooManyInSystem = 23;

    private readonly LinkedList<IKeptFile> _kept = new(); // the loop's
    private readonly int _mostKept = Math.Clamp(limit / 4, 8, 4096);
    private int _open; // shared: connections close files when an answer is sent

    /// <summary>Whether a fetch may hold one more file; the first of an answer may longer than the others, so that every reader gets on.</summary>
    public bool MayHold(bool isFirst) => Volatile.Read(ref _open) < (isFirst ? limit / 8 * 5 : limit / 2);

    /// <summary>Opens a file; when the system has no more descriptors, those that are only kept make room.</summary>
    public SharedFile Open(IStorage storage, string path, bool create)
    {
        IStorageFile file;
        try
        {
            file = storage.Open(path, create);
        }
        catch (IOException error) when (IsTooMany(error) && _kept.Count > 0)
        {
            while (_kept.First is { } first)
                first.Value.CloseUntilUsed();
            file = storage.Open(path, create);
        }
        return Count(file);
    }

    /// <summary>Counts a file that was opened, until it is closed. On any thread.</summary>
    public SharedFile Count(IStorageFile opened)
    {
        Interlocked.Increment(ref _open);
        return new SharedFile(opened, this);
    }

    /// <summary>A file that was opened here is closed.</summary>
    public void Closed() => Interlocked.Decrement(ref _open);

    /// <summary>Keeps a file open until others are used more.</summary>
    public LinkedListNode<IKeptFile> Keep(IKeptFile file)
    {
        while (_kept.Count >= _mostKept)
        {
            var oldest = _kept.First!;
            if (!oldest.Value.TakeUsed())
            {
                oldest.Value.CloseUntilUsed();
                continue;
            }
            _kept.RemoveFirst();
            _kept.AddLast(oldest);
        }
        return _kept.AddLast(file);
    }

    public void Forget(LinkedListNode<IKeptFile> kept) => _kept.Remove(kept);

    /// <summary>Whether a file could not be opened because too many are: later it can.</summary>
    public static bool IsTooMany(IOException error) => (error.InnerException ?? error).HResult is TooManyInProcess or TooManyInSystem;
}
