using CrashStreams.Log;

namespace CrashStreams.CrashMonitor;

/// <summary>How the log topic is read: event time and prefilter from the bytes, the rest of a line only where it may count.</summary>
internal static class LogSource
{
    public static Consumed<byte[], LogEntry> Create(CrashMonitorOptions options)
    {
        var (unit, maxBytes) = (options.TimestampUnit, options.MaxValueBytes);
        return new()
        {
            Name = "logs",
            KeySerde = Serdes.Bytes,
            ValueSerde = new LogEntrySerde(unit, options.CaseSensitive, maxBytes),
            TimestampExtractor = new((in LogRecord record) => EventTime.TryRead(record.Value, unit, out var timestampMs, out _) ? timestampMs : -1),
            Prefilter = options.CheckEveryLine ? null : (in LogRecord record) => record.Value.Length > maxBytes || CrashPrefilter.Passes(record.Value),
        };
    }
}
