namespace CrashStreams.Protocol.Records;

/// <summary>Walks over the headers of one record.</summary>
internal ref struct HeaderEnumerator(ReadOnlySpan<byte> source, int count)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _left = count;
    private int _position;

    public HeaderView Current { get; private set; }

    /// <summary>True when the bytes are not headers; the walk ended there.</summary>
    public bool IsMalformed { get; private set; }

    internal readonly int Position => _position;

    public readonly HeaderEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_left == 0 || IsMalformed)
            return false;
        if (!TryReadBytes(nullable: false, out var key, out _) || !TryReadBytes(nullable: true, out var value, out var hasValue))
        {
            IsMalformed = true;
            return false;
        }
        _left--;
        Current = new HeaderView(key, value, hasValue);
        return true;
    }

    private bool TryReadBytes(bool nullable, out ReadOnlySpan<byte> bytes, out bool present)
    {
        bytes = default;
        present = false;
        if (!Varint.TryReadInt32(_source, ref _position, out var length))
            return false;
        if (length < 0)
            return nullable && length == -1;
        if (length > _source.Length - _position)
            return false;
        present = true;
        bytes = _source.Slice(_position, length);
        _position += length;
        return true;
    }
}
