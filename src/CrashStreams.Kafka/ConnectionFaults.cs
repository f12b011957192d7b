using CrashStreams.Kafka.Native;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Kafka;

/// <summary>
/// Why the clients of a cluster can't reach it, as they last saw it, and what they log. librdkafka repeats itself: each client logs each attempt at each broker. So what the library
/// says of connections is only remembered (and logged for debugging), because whoever waits for the cluster reports it, and of everything else one line per cause and interval is logged.
/// </summary>
internal sealed class ConnectionFaults(ILogger logger, TimeProvider time)
{
    private readonly QuietLines _lines = new(time);

    // Written by librdkafka's threads, read by whoever asks.
    private string? _last;

    /// <summary>The last failure to connect; null when the cluster has answered since.</summary>
    public string? Last => Volatile.Read(ref _last);

    /// <summary>The cluster has answered.</summary>
    public void Clear()
    {
        if (Last is not null)
            Volatile.Write(ref _last, null);
    }

    /// <summary>A line that librdkafka logs.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="syslogLevel">Syslog's levels: 3 and below are errors, 4 a warning, 7 debugging.</param>
    /// <param name="facility">librdkafka's name for the kind of line.</param>
    /// <param name="text">The line.</param>
    public void Line(string client, int syslogLevel, string facility, string text)
    {
        var level = syslogLevel switch { <= 3 => LogLevel.Error, 4 => LogLevel.Warning, <= 6 => LogLevel.Information, _ => LogLevel.Debug };
        if (facility is "FAIL" or "ERROR" && level >= LogLevel.Information)
        {
            // "[thrd:host:port/1]: host:port/1: reason": the first part names a thread.
            if (facility == "FAIL")
                Volatile.Write(ref _last, WithAdvice(text[(text.IndexOf("]: ", StringComparison.Ordinal) is var end and >= 0 ? end + 3 : 0)..]));
            level = LogLevel.Debug;
        }

        Write(client, level, $"{facility} {text}", facility);
    }

    /// <summary>An error that librdkafka tells an application.</summary>
    public void Error(string client, ErrorCode code, string text)
    {
        var isConnection = code is ErrorCode.LocalTransport or ErrorCode.LocalResolve or ErrorCode.LocalAllBrokersDown or ErrorCode.LocalSsl or ErrorCode.LocalAuthentication
            or ErrorCode.LocalTimedOut or ErrorCode.SaslAuthenticationFailed;
        if (isConnection && (code != ErrorCode.LocalAllBrokersDown || Last is null))
            Volatile.Write(ref _last, text);
        Write(client, isConnection ? LogLevel.Debug : LogLevel.Warning, $"{text} ({(int)code})", $"{(int)code}");
    }

    /// <summary>A line of the library's own.</summary>
    public void Write(string client, LogLevel level, string text, string cause)
    {
        try
        {
            if (logger.IsEnabled(level) && (level < LogLevel.Warning ? text : _lines.Next(cause, text)) is { } line)
                logger.Log(level, "{Client}: {Text}", client, line);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The host's logger has thrown. Native code calls this: an exception here would end the process.
        }
    }

    // A listener for TLS takes the first request for a broken handshake, one for SASL wants that first; both close the connection.
    private static string WithAdvice(string reason) => reason.Contains("APIVERSION_QUERY", StringComparison.Ordinal) && !reason.Contains("security.protocol", StringComparison.Ordinal)
        ? $"{reason}: the broker may expect TLS or SASL, see security.protocol"
        : reason;
}
