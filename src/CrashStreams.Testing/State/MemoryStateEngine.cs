using System.Buffers;
using System.Collections.Immutable;
using CrashStreams.Stores;

namespace CrashStreams.Testing;

/// <summary>A store on a <see cref="MemoryDisk"/> as its owner uses it, until it closes it or dies.</summary>
internal sealed class MemoryStateEngine : IStateEngine
{
    private readonly MemoryStore _store;
    private readonly object _owner;
    private bool _isRestoring;
    private string? _tag;

    public MemoryStateEngine(MemoryStore store, object owner)
    {
        _store = store;
        _owner = owner;
        store.OpenedBy = owner;
    }

    public long Position => Content.Position;

    public string Tag
    {
        get => _tag ?? Content.Tag;
        set => _tag = value;
    }

    public long ApproximateCount => Content.Entries.Count;

    private MemoryStore.Version Content =>
        _store.OpenedBy == _owner ? _store.Current : throw new ObjectDisposedException(_store.Name, "The store was closed, or its owner has died.");

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        if (!Readable.TryGetValue(new(key.ToArray(), []), out var entry))
            return false;
        value.Write(entry.Value);
        return true;
    }

    public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed = false)
    {
        var entries = Readable;
        var (first, end) = (IndexOf(entries, from), to.IsEmpty ? entries.Count : IndexOf(entries, to));
        return reversed ? new Iterator(entries, end - 1, Math.Max(0, end - first), step: -1) : new Iterator(entries, first, Math.Max(0, end - first), step: 1);
    }

    public IStateBatch CreateBatch() => new MemoryStateBatch();

    public void Write(IStateBatch batch, long position)
    {
        var entries = Content.Entries.ToBuilder();
        foreach (var change in ((MemoryStateBatch)batch).Changes)
            Apply(entries, change);
        _store.Write(new(entries.ToImmutable(), position, Tag));
        batch.Clear();
    }

    public void BeginRestore() => _isRestoring = true;

    public void EndRestore() => _isRestoring = false;

    public void Flush()
    {
        _ = Content;
        _store.Flush();
    }

    public void Dispose()
    {
        if (_store.OpenedBy == _owner)
            _store.OpenedBy = null;
    }

    private ImmutableSortedSet<MemoryStore.Entry> Readable =>
        _isRestoring ? throw new InvalidOperationException($"Store {_store.Name} is read while it is restored.") : Content.Entries;

    private static void Apply(ImmutableSortedSet<MemoryStore.Entry>.Builder entries, MemoryStateBatch.Change change)
    {
        switch (change.Kind)
        {
            case MemoryStateBatch.ChangeKind.Put:
                entries.Remove(new(change.Key, []));
                entries.Add(new(change.Key, change.Other));
                break;
            case MemoryStateBatch.ChangeKind.Delete:
                entries.Remove(new(change.Key, []));
                break;
            default:
                for (var at = IndexOf(entries.ToImmutable(), change.Key);
                     at < entries.Count && entries[at].Key.AsSpan().SequenceCompareTo(change.Other) < 0;)
                    entries.Remove(entries[at]);
                break;
        }
    }

    private static int IndexOf(ImmutableSortedSet<MemoryStore.Entry> entries, ReadOnlySpan<byte> key)
    {
        var index = entries.IndexOf(new(key.ToArray(), []));
        return index < 0 ? ~index : index;
    }

    private sealed class Iterator(ImmutableSortedSet<MemoryStore.Entry> entries, int next, int left, int step) : IStateIterator
    {
        private MemoryStore.Entry _current;

        public ReadOnlySpan<byte> Key => _current.Key;

        public ReadOnlySpan<byte> Value => _current.Value;

        public bool MoveNext()
        {
            if (left <= 0)
                return false;
            left--;
            _current = entries[next];
            next += step;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
