using System.Runtime.InteropServices;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>
/// A producer's batch, checked and if necessary compressed again before the log gets it: the work that grows with what is in the batch, done
/// on the connection's thread.
/// </summary>
/// <param name="Bytes">What is to be appended.</param>
/// <param name="Config">The settings that it was prepared for; null when its topic was not known.</param>
/// <param name="Error">Why it is refused.</param>
/// <param name="Message">The same in words.</param>
internal readonly record struct PreparedBatch(Memory<byte> Bytes, LogConfig? Config, ErrorCode Error = ErrorCode.None, string? Message = null)
{
    /// <param name="bytes">The broker's own memory: the log writes offsets into the batch where it lies.</param>
    /// <param name="config">The topic's settings.</param>
    /// <param name="nowMs">The time, for the limits of timestamps.</param>
    /// <param name="mostDecompressed">A batch that decompresses to more is refused as too large, though its topic might take it.</param>
    public static PreparedBatch Of(ReadOnlyMemory<byte> bytes, LogConfig config, long nowMs, int mostDecompressed = int.MaxValue)
    {
        var batch = MemoryMarshal.AsMemory(bytes);
        if (BatchValidator.Validate(batch.Span, config, nowMs, out var message, mostDecompressed) is var invalid && invalid != ErrorCode.None)
            return new(batch, config, invalid, message);
        if (!NeedsRecompression(batch.Span, config))
            return new(batch, config);
        var error = Recompress(batch.Span, config, out var recompressed, out message);
        return new(recompressed, config, error, message);
    }

    private static bool NeedsRecompression(ReadOnlySpan<byte> batch, LogConfig config) => config.Compression is { } codec && codec != new RecordBatchView(batch).Codec;

    private static ErrorCode Recompress(ReadOnlySpan<byte> batch, LogConfig config, out Memory<byte> recompressed, out string? message)
    {
        recompressed = default;
        var source = new RecordBatchView(batch);
        if (!BatchContent.TryOpen(source, out var content, config.MaxDecompressedBytes))
        {
            message = "The records can't be decompressed.";
            return ErrorCode.CorruptMessage;
        }
        using var opened = content;
        var header = source.ReadHeader();
        header.Codec = config.Compression!.Value;
        using var builder = new RecordBatchBuilder(header);
        foreach (var record in content.Records)
            builder.Append(source, record);
        var rewritten = builder.Build();
        if (rewritten.Length > config.MaxMessageBytes)
        {
            message = $"With the topic's compression.type the batch has {rewritten.Length} bytes, max.message.bytes is {config.MaxMessageBytes}.";
            return ErrorCode.MessageTooLarge;
        }
        recompressed = rewritten.ToArray();
        message = null;
        return ErrorCode.None;
    }
}
