using CrashStreams.Broker.Faults;

namespace CrashStreams.Broker.Storage;

/// <summary>The content of a file in memory, in chunks, so that growing copies nothing but small files.</summary>
internal sealed class MemoryFile(DiskFaults? faults = null)
{
    private const int ChunkBits = 18;
    private const int ChunkSize = 1 << ChunkBits;

    // Shared by the loop, which appends, and the connections that read what they send.
    private readonly Lock _content = new();
    private readonly List<byte[]> _chunks = [];
    private long _length;
    private long _flushed;
    private int _openings;

    /// <param name="flushed">Called when what is opened is flushed.</param>
    public IStorageFile Open(Action? flushed = null) => new Opening(this, Volatile.Read(ref _openings), faults, flushed);

    /// <summary>Makes every opening so far useless, as the end of its process does.</summary>
    public void CloseAll() => Interlocked.Increment(ref _openings);

    public void LoseUnflushed(Random random)
    {
        lock (_content)
        {
            var kept = random.NextInt64(_length - _flushed + 1);
            var torn = Math.Min(kept, random.Next(4) == 0 ? random.Next(512) : 0);
            SetLength(_flushed + kept);
            var garbage = new byte[torn];
            random.NextBytes(garbage);
            Write(_length - torn, garbage);
            _flushed = _length;
        }
    }

    private int Read(long position, Span<byte> target)
    {
        lock (_content)
        {
            var count = (int)Math.Clamp(_length - position, 0, target.Length);
            for (var done = 0; done < count;)
            {
                var chunk = _chunks[(int)((position + done) >> ChunkBits)].AsSpan((int)((position + done) & (ChunkSize - 1)));
                var part = Math.Min(chunk.Length, count - done);
                chunk[..part].CopyTo(target[done..]);
                done += part;
            }
            return count;
        }
    }

    private void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (_content)
        {
            if (position + bytes.Length > _length)
                SetLength(position + bytes.Length);
            _flushed = Math.Min(_flushed, position);
            while (bytes.Length > 0)
            {
                var chunk = _chunks[(int)(position >> ChunkBits)].AsSpan((int)(position & (ChunkSize - 1)));
                var part = Math.Min(chunk.Length, bytes.Length);
                bytes[..part].CopyTo(chunk);
                bytes = bytes[part..];
                position += part;
            }
        }
    }

    private void SetLength(long length)
    {
        lock (_content)
        {
            var chunks = (int)((length + ChunkSize - 1) >> ChunkBits);
            if (_chunks.Count > chunks)
                _chunks.RemoveRange(chunks, _chunks.Count - chunks);
            while (_chunks.Count < chunks)
            {
                if (_chunks.Count > 0)
                    GrowLast(ChunkSize);
                _chunks.Add([]);
            }
            if (chunks > 0)
                GrowLast((int)(length - ((long)(chunks - 1) << ChunkBits)));
            _length = length;
            _flushed = Math.Min(_flushed, length);
        }
    }

    /// <summary>Gives the last chunk at least this size, doubling, so that a small file stays small.</summary>
    private void GrowLast(int size)
    {
        var last = _chunks[^1];
        if (last.Length < size)
        {
            Array.Resize(ref last, Math.Min(ChunkSize, Math.Max(size, Math.Max(256, 2 * last.Length))));
            _chunks[^1] = last;
        }
    }

    private sealed class Opening(MemoryFile file, int opening, DiskFaults? faults, Action? flushed) : IStorageFile
    {
        private bool _closed;

        public long Length => Volatile.Read(ref Alive()._length);

        public int Read(long position, Span<byte> target) => Alive().Read(position, target);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            faults?.BeforeWrite();
            Alive().Write(position, bytes);
        }

        public void Truncate(long length) => Alive().SetLength(length);

        public void Flush()
        {
            faults?.BeforeWrite();
            var alive = Alive();
            lock (alive._content)
                alive._flushed = alive._length;
            flushed?.Invoke();
        }

        public void Dispose() => _closed = true;

        private MemoryFile Alive()
        {
            ObjectDisposedException.ThrowIf(_closed || opening != Volatile.Read(ref file._openings), this);
            return file;
        }
    }
}
