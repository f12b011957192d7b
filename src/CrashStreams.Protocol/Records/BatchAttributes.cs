namespace CrashStreams.Protocol.Records;

/// <summary>The attribute bits of a record batch; the lowest three hold the <see cref="CompressionCodec"/>.</summary>
[Flags]
internal enum BatchAttributes : short
{
    None = 0,
    CodecMask = 0x07,
    LogAppendTime = 0x08,
    Transactional = 0x10,
    Control = 0x20,

    /// <summary>baseTimestamp is the time from which tombstones and markers of the batch may be compacted away.</summary>
    DeleteHorizon = 0x40,
}

/// <summary>How the records of a batch are compressed, as one block.</summary>
internal enum CompressionCodec : byte
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
