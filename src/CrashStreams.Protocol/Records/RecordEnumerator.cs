namespace CrashStreams.Protocol.Records;

/// <summary>Walks over uncompressed records without allocating. Ends at the last record, or at the first that is malformed.</summary>
/// <remarks>
/// <code>
/// varint length, int8 attributes, varlong timestampDelta, varint offsetDelta, varint keyLength (-1 null), key,
/// varint valueLength (-1 null), value, varint headerCount, headers
/// </code>
/// Only the places of the parts are noted: who checks a batch needs no <see cref="RecordView"/> of each record.
/// </remarks>
internal ref struct RecordEnumerator(ReadOnlySpan<byte> source, int count)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _left = count;
    private int _position;
    private int _keyAt;
    private int _keyLength;
    private int _valueAt;
    private int _valueLength;
    private int _headersAt;

    public readonly RecordView Current => new(OffsetDelta, TimestampDelta, Part(_keyAt, _keyLength), HasKey, Part(_valueAt, _valueLength), _valueLength >= 0, HeaderCount,
        _source[_headersAt.._position]);

    /// <inheritdoc cref="RecordView.OffsetDelta"/>
    public int OffsetDelta { get; private set; }

    /// <inheritdoc cref="RecordView.TimestampDelta"/>
    public long TimestampDelta { get; private set; }

    public int HeaderCount { get; private set; }

    public readonly bool HasKey => _keyLength >= 0;

    /// <summary>Where the key lies in the source, and its length; -1 when there is none.</summary>
    public readonly (int At, int Length) KeyPlace => (_keyAt, _keyLength);

    /// <summary>Where the value lies in the source, and its length; -1 when there is none.</summary>
    public readonly (int At, int Length) ValuePlace => (_valueAt, _valueLength);

    /// <summary>Where the headers begin in the source; they end at <see cref="Position"/>.</summary>
    public readonly int HeadersAt => _headersAt;

    /// <summary>How far the source has been read.</summary>
    public readonly int Position => _position;

    /// <summary>True when the bytes are not records; the walk ended there.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>True when all records were read and no byte is left over.</summary>
    public readonly bool IsComplete => !IsMalformed && _left == 0 && _position == _source.Length;

    public readonly RecordEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left == 0 || IsMalformed)
            return false;
        if (!TryReadRecord())
        {
            IsMalformed = true;
            return false;
        }
        _left--;
        return true;
    }

    private bool TryReadRecord()
    {
        var at = _position;
        if (!Varint.TryReadInt32(_source, ref at, out var length) || length < 1 || length > _source.Length - at)
            return false;
        var record = _source[..(at + length)];
        at++; // attributes: unused, always 0
        if (!Varint.TryReadInt64(record, ref at, out var timestampDelta)
            || !Varint.TryReadInt32(record, ref at, out var offsetDelta)
            || !TrySkipBytes(record, ref at, out _keyAt, out _keyLength)
            || !TrySkipBytes(record, ref at, out _valueAt, out _valueLength)
            || !Varint.TryReadInt32(record, ref at, out var headerCount))
            return false;

        // A header takes two bytes at least: a count beyond that is a lie, found before anyone sizes an array by it.
        if (headerCount < 0 || headerCount > (record.Length - at) / 2 || offsetDelta < 0)
            return false;
        if (headerCount == 0 && at != record.Length)
            return false;
        (OffsetDelta, TimestampDelta, HeaderCount) = (offsetDelta, timestampDelta, headerCount);
        (_headersAt, _position) = (at, record.Length);
        return true;
    }

    private static bool TrySkipBytes(ReadOnlySpan<byte> record, scoped ref int at, out int start, out int length)
    {
        var isRead = Varint.TryReadInt32(record, ref at, out length);
        start = at;
        if (!isRead || length < -1 || length > record.Length - at)
            return false;
        at += Math.Max(length, 0);
        return true;
    }

    private readonly ReadOnlySpan<byte> Part(int at, int length) => length < 0 ? default : _source.Slice(at, length);
}
