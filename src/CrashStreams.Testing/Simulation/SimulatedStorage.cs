using System.Buffers;
using CrashStreams.Stores;

namespace CrashStreams.Testing.Simulation;

/// <summary>A disk as one life of an instance uses it: it may die before and after each write, and find a task's state taken for a while.</summary>
internal sealed class SimulatedStorage(IStateStorage inner, PortFaults faults) : IStateStorage
{
    public bool TryLock(string application, string task)
    {
        faults.Before("lock", mayFail: false);
        return !faults.Hiccup() && inner.TryLock(application, task);
    }

    public void Unlock(string application, string task) => inner.Unlock(application, task);

    public IStateEngine Open(string application, string task, string store) => new Engine(inner.Open(application, task, store), faults);

    public void Delete(string application, string task, string store) => inner.Delete(application, task, store);

    public IReadOnlyList<string> Clean(string application, TimeSpan unusedFor) => inner.Clean(application, unusedFor);

    public void Dispose()
    {
    }

    private sealed class Engine(IStateEngine inner, PortFaults faults) : IStateEngine
    {
        public long Position => inner.Position;

        public string Tag
        {
            get => inner.Tag;
            set => inner.Tag = value;
        }

        public long ApproximateCount => inner.ApproximateCount;

        public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value) => inner.TryGet(key, value);

        public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed) => inner.Scan(from, to, reversed);

        public IStateBatch CreateBatch() => inner.CreateBatch();

        public void Write(IStateBatch batch, long position)
        {
            faults.Before("state write", mayFail: false);
            inner.Write(batch, position);
            faults.After("state write", mayFail: false);
        }

        public void BeginRestore() => inner.BeginRestore();

        public void EndRestore() => inner.EndRestore();

        public void Flush()
        {
            faults.Before("state flush", mayFail: false);
            inner.Flush();
        }

        public void Dispose() => inner.Dispose();
    }
}
