namespace CrashStreams.Protocol.Records;

/// <summary>One record, read in place.</summary>
internal readonly ref struct RecordView
{
    private readonly ReadOnlySpan<byte> _headers;

    internal RecordView(int offsetDelta, long timestampDelta, ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value, bool hasValue, int headerCount,
        ReadOnlySpan<byte> headers)
    {
        OffsetDelta = offsetDelta;
        TimestampDelta = timestampDelta;
        Key = key;
        HasKey = hasKey;
        Value = value;
        HasValue = hasValue;
        HeaderCount = headerCount;
        _headers = headers;
    }

    public int OffsetDelta { get; }

    /// <summary>Milliseconds after the batch's base timestamp; see <see cref="RecordBatchView.TimestampOf"/>.</summary>
    public long TimestampDelta { get; }

    public ReadOnlySpan<byte> Key { get; }
    public bool HasKey { get; }
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>False for a tombstone.</summary>
    public bool HasValue { get; }

    public int HeaderCount { get; }
    internal ReadOnlySpan<byte> RawHeaders => _headers;
    public HeaderEnumerator Headers => new(_headers, HeaderCount);
}

/// <summary>One header of a record, read in place. The key is UTF-8.</summary>
internal readonly ref struct HeaderView(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue)
{
    public ReadOnlySpan<byte> Key { get; } = key;
    public ReadOnlySpan<byte> Value { get; } = value;
    public bool HasValue { get; } = hasValue;
}
