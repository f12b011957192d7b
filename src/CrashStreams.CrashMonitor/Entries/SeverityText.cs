namespace CrashStreams.CrashMonitor;

/// <summary>The severities as they are written.</summary>
internal static class SeverityText
{
    public static ReadOnlySpan<byte> Of(Severity severity) => severity switch
    {
        Severity.Low => "Low"u8,
        Severity.Medium => "Medium"u8,
        Severity.High => "High"u8,
        _ => "Critical"u8,
    };

    /// <summary>The severity of these very bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Severity severity)
    {
        severity = text.Length switch { 3 => Severity.Low, 4 => Severity.High, 6 => Severity.Medium, _ => Severity.Critical };
        return text.SequenceEqual(Of(severity));
    }
}
