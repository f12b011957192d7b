namespace CrashStreams.Protocol.Wire;

/// <summary>Record batches that lie outside memory, such as in a segment file, until they are copied into a socket's buffer.</summary>
internal interface IRecordSource : IDisposable
{
    /// <summary>Copies <c>destination.Length</c> bytes from <paramref name="offset"/> on. Called outside the broker's loop.</summary>
    void CopyTo(long offset, Span<byte> destination);
}

/// <summary>The value of a <c>records</c> field: null, a slice of memory, or a slice of an <see cref="IRecordSource"/>. Never copied by a codec.</summary>
internal readonly struct RecordsField
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly IRecordSource? _source;
    private readonly long _offset;
    private readonly int _lengthPlusOne; // so that default(RecordsField) is null

    public static readonly RecordsField Empty = new(ReadOnlyMemory<byte>.Empty);

    public RecordsField(ReadOnlyMemory<byte> memory)
    {
        _memory = memory;
        _lengthPlusOne = memory.Length + 1;
    }

    public RecordsField(IRecordSource source, long offset, int length)
    {
        _source = source;
        _offset = offset;
        _lengthPlusOne = length + 1;
    }

    public bool IsNull => _lengthPlusOne == 0;

    public int Length => Math.Max(0, _lengthPlusOne - 1);

    /// <summary>What the records are a slice of, beginning at <see cref="SourceOffset"/>; null when they lie in memory.</summary>
    public IRecordSource? Source => _source;

    public long SourceOffset => _offset;

    /// <summary>The bytes of a slice of memory; those of a source have to be copied first.</summary>
    public ReadOnlyMemory<byte> Memory => _source is null ? _memory : throw new InvalidOperationException("The records lie in a source.");

    public void CopyTo(int from, Span<byte> destination)
    {
        if (_source is null)
            _memory.Span.Slice(from, destination.Length).CopyTo(destination);
        else
            _source.CopyTo(_offset + from, destination);
    }

    /// <summary>Gives the source back, once the bytes have been sent.</summary>
    public void Release() => _source?.Dispose();

    public byte[] ToArray()
    {
        var copy = new byte[Length];
        CopyTo(0, copy);
        return copy;
    }
}
