namespace CrashStreams.Stores;

/// <summary>
/// A store's bytes on the instance's storage, and the batch that the next commit adds to them. The batch is written only after the log has
/// committed what is in it, so the content is never ahead of the log and a crash leaves nothing to wipe.
/// </summary>
internal sealed class StoreEngine : IDisposable
{
    private readonly IStateEngine _engine;
    private readonly IStateBatch _batch;
    private readonly string _owner;
    private long _completeAtMs;

    /// <exception cref="CrashStreamsException">The content is of another application or topology.</exception>
    public StoreEngine(IStateEngine engine, string store, string owner)
    {
        _engine = engine;
        _owner = owner;
        var tag = StateTag.Parse(engine.Tag);
        if (engine.Tag.Length > 0 && tag.Owner != owner)
        {
            engine.Dispose();
            throw new CrashStreamsException($"The state of store '{store}' is of another topology: it was written as '{tag.Owner}' and is wanted as '{owner}'. "
                + "Give the application a state directory of its own, or delete this one: the state is rebuilt from the changelog if that fits.");
        }

        _completeAtMs = tag.CompleteAtMs;
        ChangelogId = tag.ChangelogId;
        _batch = engine.CreateBatch();
        Position = engine.Position;
    }

    /// <summary>The changelog offset up to which the content is known to be complete; -1 when nothing is.</summary>
    public long Position { get; private set; }

    /// <summary>The id of the changelog that <see cref="Position"/> is of, null while none was told; written with the next batch.</summary>
    public string? ChangelogId { get; set; }

    /// <summary>The wall clock until which the content was complete, milliseconds.</summary>
    public long CompleteAtMs => _completeAtMs;

    /// <summary>Whether the bytes were found to be unreadable: they are of no use to the next owner.</summary>
    public bool IsCorrupt { get; private set; }

    public bool HasChanges => _batch.Count > 0;

    public long ApproximateCount => _engine.ApproximateCount;

    /// <summary>A key's value, into a buffer that is emptied before.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, ByteBuffer value)
    {
        value.Clear();
        try
        {
            return _engine.TryGet(key, value);
        }
        catch (StateCorruptedException)
        {
            IsCorrupt = true;
            throw;
        }
    }

    public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed = false)
    {
        try
        {
            return new Iterator(this, _engine.Scan(from, to, reversed));
        }
        catch (StateCorruptedException)
        {
            IsCorrupt = true;
            throw;
        }
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _batch.Put(key, value);

    public void Delete(ReadOnlySpan<byte> key) => _batch.Delete(key);

    public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => _batch.DeleteRange(from, to);

    /// <summary>Writes what a commit brought, or a batch of a restore.</summary>
    /// <param name="position">The offset that the content is complete up to; a lower one than is known changes nothing.</param>
    /// <param name="completeAtMs">The wall clock at which that was certain, or null when it is not.</param>
    public void Write(long position, long? completeAtMs)
    {
        Position = Math.Max(Position, position);
        _completeAtMs = completeAtMs ?? _completeAtMs;
        _engine.Tag = new StateTag(_owner, _completeAtMs, ChangelogId).ToString();
        try
        {
            _engine.Write(_batch, Position);
        }
        catch (StateCorruptedException)
        {
            IsCorrupt = true;
            throw;
        }
    }

    /// <summary>Notes a position without writing it: the next batch brings it along.</summary>
    public void Know(long position, long completeAtMs)
    {
        Position = Math.Max(Position, position);
        _completeAtMs = completeAtMs;
    }

    public void BeginRestore() => _engine.BeginRestore();

    public void EndRestore() => _engine.EndRestore();

    public bool TryEndRestore() => _engine.TryEndRestore();

    public void Flush() => _engine.Flush();

    public void Dispose()
    {
        _batch.Dispose();
        _engine.Dispose();
    }

    // Damage in the middle of a store is met by stepping onto it.
    private sealed class Iterator(StoreEngine owner, IStateIterator inner) : IStateIterator
    {
        public ReadOnlySpan<byte> Key => inner.Key;

        public ReadOnlySpan<byte> Value => inner.Value;

        public bool MoveNext()
        {
            try
            {
                return inner.MoveNext();
            }
            catch (StateCorruptedException)
            {
                owner.IsCorrupt = true;
                throw;
            }
        }

        public void Dispose() => inner.Dispose();
    }
}
