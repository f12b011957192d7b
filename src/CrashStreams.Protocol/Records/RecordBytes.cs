namespace CrashStreams.Protocol.Records;

/// <summary>A key or value to write: bytes, which may be empty, or null. Spans and arrays convert; a null array is null.</summary>
internal readonly ref struct RecordBytes
{
    private readonly bool _present;

    private RecordBytes(ReadOnlySpan<byte> span)
    {
        Span = span;
        _present = true;
    }

    public ReadOnlySpan<byte> Span { get; }
    public bool IsNull => !_present;

    public static RecordBytes Null => default;

    public static implicit operator RecordBytes(ReadOnlySpan<byte> span) => new(span);

    public static implicit operator RecordBytes(Span<byte> span) => new(span);

    public static implicit operator RecordBytes(byte[]? array) => array is null ? default : new(array);
}

/// <summary>A header to write; the key is UTF-8, the value may be null.</summary>
internal readonly record struct RecordHeader(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);
