using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>An open segment file, closed when its last user is done with it. Slices are released by connection threads, hence the atomic count.</summary>
internal sealed class SharedFile(IStorageFile file, FileBudget budget)
{
    private int _users = 1;

    public IStorageFile File => file;

    public int Read(long position, Span<byte> target) => file.Read(position, target);

    public SharedFile Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        file.Dispose();
        budget.Closed();
    }
}
