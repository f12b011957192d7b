namespace CrashStreams.Protocol.Records;

/// <summary>Walks over uncompressed records without allocating. Ends at the last record, or at the first that is malformed.</summary>
/// <remarks>
/// <code>
/// varint length, int8 attributes, varlong timestampDelta, varint offsetDelta, varint keyLength (-1 null), key,
/// varint valueLength (-1 null), value, varint headerCount, headers
/// </code>
/// </remarks>
internal ref struct RecordEnumerator(ReadOnlySpan<byte> source, int count)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _left = count;
    private int _position;

    public RecordView Current { get; private set; }

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
        var position = _position;
        if (!Varint.TryReadInt32(_source, ref position, out var length) || length < 1 || length > _source.Length - position)
            return false;
        var body = _source.Slice(position, length);
        var at = 1; // attributes: unused, always 0
        if (!Varint.TryReadInt64(body, ref at, out var timestampDelta)
            || !Varint.TryReadInt32(body, ref at, out var offsetDelta)
            || !TryReadBytes(body, ref at, out var key, out var hasKey)
            || !TryReadBytes(body, ref at, out var value, out var hasValue)
            || !Varint.TryReadInt32(body, ref at, out var headerCount))
            return false;

        // A header takes two bytes at least: a count beyond that is a lie, found before anyone sizes an array by it.
        if (headerCount < 0 || headerCount > (body.Length - at) / 2 || offsetDelta < 0)
            return false;
        if (headerCount == 0 && at != body.Length)
            return false;
        Current = new RecordView(offsetDelta, timestampDelta, key, hasKey, value, hasValue, headerCount, body[at..]);
        _position = position + length;
        return true;
    }

    private static bool TryReadBytes(ReadOnlySpan<byte> body, scoped ref int at, out ReadOnlySpan<byte> bytes, out bool present)
    {
        bytes = default;
        present = false;
        if (!Varint.TryReadInt32(body, ref at, out var length))
            return false;
        if (length < 0)
            return length == -1;
        if (length > body.Length - at)
            return false;
        present = true;
        bytes = body.Slice(at, length);
        at += length;
        return true;
    }
}
