using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>Goes over the entries of one key between two times, from segment to segment. The store may be changed meanwhile.</summary>
internal sealed class SegmentCursor(OrderedStore entries, Segments segments, Action<SegmentCursor> returned) : IDisposable
{
    private readonly ByteBuffer _key = new(64);
    private readonly ByteBuffer _from = new(64);
    private readonly ByteBuffer _to = new(64);
    private long _fromMs;
    private long _throughMs;
    private long _segment;
    private bool _reversed;
    private OrderedCursor? _cursor;

    /// <summary>The entry's key in the store.</summary>
    public ReadOnlySpan<byte> Key => _cursor!.Key;

    /// <summary>What lies behind the key: the time and what follows it.</summary>
    public ReadOnlySpan<byte> Suffix => _cursor!.Key[(SegmentedFormat.HeadLength + _key.Length)..];

    public long Time => BinaryPrimitives.ReadInt64BigEndian(Suffix);

    public ReadOnlySpan<byte> Value => _cursor!.Value;

    public bool MoveNext()
    {
        while (_segment >= 0)
        {
            _cursor ??= OpenSegment();
            if (_cursor.MoveNext())
                return true;
            _cursor.Dispose();
            _cursor = null;
            NextSegment();
        }

        return false;
    }

    public void Dispose()
    {
        _cursor?.Dispose();
        _cursor = null;
        _segment = -1;
        returned(this);
    }

    internal void Open(ReadOnlySpan<byte> escapedKey, long fromMs, long throughMs, bool reversed)
    {
        _key.Clear();
        _key.Write(escapedKey);
        (_fromMs, _throughMs, _reversed) = (fromMs, throughMs, reversed);
        _segment = fromMs > throughMs ? -1
            : Within(reversed ? segments.LastUpTo(segments.Of(throughMs)) : segments.NextFrom(segments.Of(fromMs)));
    }

    private void NextSegment() => _segment = Within(_reversed ? segments.LastUpTo(_segment - 1) : segments.NextFrom(_segment + 1));

    private long Within(long segment) => segment < segments.Of(_fromMs) || segment > segments.Of(_throughMs) ? -1 : segment;

    private OrderedCursor OpenSegment()
    {
        Begin(_from).WriteInt64(_fromMs);
        Begin(_to);
        if (_throughMs < long.MaxValue)
            _to.WriteInt64(_throughMs + 1);
        else
            OrderedKey.WriteEnd(_to);
        return entries.Scan(_from.Written, _to.Written, _reversed);
    }

    private ByteBuffer Begin(ByteBuffer bound)
    {
        bound.Clear();
        SegmentedFormat.WriteHead(bound, _segment, SegmentedFormat.ByKey);
        bound.Write(_key.Written);
        return bound;
    }
}
