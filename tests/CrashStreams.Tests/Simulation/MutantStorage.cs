using System.Buffers;
using CrashStreams.Stores;

namespace CrashStreams.Tests.Simulation;

/// <summary>Plants a fault between the runtime and its disk.</summary>
internal sealed class MutantStorage(IStateStorage inner, Mutation mutation) : IStateStorage
{
    public static Func<IStateStorage, IStateStorage> Of(Mutation mutation) => storage => mutation == Mutation.None ? storage : new MutantStorage(storage, mutation);

    public bool TryLock(string application, string task) => inner.TryLock(application, task) || mutation == Mutation.LockIgnored;

    public void Unlock(string application, string task) => inner.Unlock(application, task);

    public IStateEngine Open(string application, string task, string store) => new Engine(inner.Open(application, task, store), mutation);

    public void Delete(string application, string task, string store) => inner.Delete(application, task, store);

    public IReadOnlyList<string> Clean(string application, TimeSpan unusedFor) => inner.Clean(application, unusedFor);

    public void Dispose() => inner.Dispose();

    private sealed class Engine(IStateEngine inner, Mutation mutation) : IStateEngine
    {
        private const int OffsetsTooHigh = 3;

        public long Position => mutation == Mutation.TailNotRestored && inner.Position >= 0 ? inner.Position + OffsetsTooHigh : inner.Position;

        public string Tag
        {
            get => inner.Tag;
            set => inner.Tag = value;
        }

        public long ApproximateCount => inner.ApproximateCount;

        public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value) => inner.TryGet(key, value);

        public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed) => inner.Scan(from, to, reversed);

        public IStateBatch CreateBatch() => new Batch(inner, mutation);

        public void Write(IStateBatch batch, long position) =>
            inner.Write(((Batch)batch).Inner, mutation == Mutation.PositionTooHigh && position >= 0 ? position + OffsetsTooHigh : position);

        public void BeginRestore() => inner.BeginRestore();

        public void EndRestore() => inner.EndRestore();

        public void Flush() => inner.Flush();

        public void Dispose() => inner.Dispose();
    }

    private sealed class Batch(IStateEngine engine, Mutation mutation) : IStateBatch
    {
        private const int EvictedOf = 5;

        private int _puts;

        public IStateBatch Inner { get; } = engine.CreateBatch();

        public int Count => Inner.Count;

        public long Bytes => Inner.Bytes;

        public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            if (mutation == Mutation.ChangedEntriesEvicted && ++_puts % EvictedOf == 0)
                return;
            Inner.Put(mutation == Mutation.KeysCutShort && key.Length > 1 ? key[..^1] : key, value);
            if (mutation != Mutation.StateBeforeCommit)
                return;
            using var early = engine.CreateBatch();
            early.Put(key, value);
            engine.Write(early, engine.Position);
        }

        public void Delete(ReadOnlySpan<byte> key) => Inner.Delete(key);

        public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Inner.DeleteRange(from, to);

        public void Clear() => Inner.Clear();

        public void Dispose()
        {
            if (mutation == Mutation.AbortedBatchWritten && Count > 0)
                engine.Write(Inner, engine.Position);
            Inner.Dispose();
        }
    }
}
