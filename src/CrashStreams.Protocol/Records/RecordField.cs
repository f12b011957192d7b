namespace CrashStreams.Protocol.Records;

/// <summary>A key or value to write: bytes, which may be empty, or null. Spans and arrays convert; a null array is null.</summary>
internal readonly ref struct RecordField
{
    private readonly bool _present;

    private RecordField(ReadOnlySpan<byte> span)
    {
        Span = span;
        _present = true;
    }

    public ReadOnlySpan<byte> Span { get; }
    public bool IsNull => !_present;

    public static RecordField Null => default;

    public static implicit operator RecordField(ReadOnlySpan<byte> span) => new(span);

    public static implicit operator RecordField(Span<byte> span) => new(span);

    public static implicit operator RecordField(byte[]? array) => array is null ? default : new(array);
}

/// <summary>A header to write; the key is UTF-8, the value may be null.</summary>
internal readonly record struct RecordHeader(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);
