using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace CrashStreams.Samples.CrashMonitor.Terminal;

/// <summary>Spans of time as people type them: 500ms, 10s, 5m, 2h, 1d, or 00:00:10.</summary>
internal static class Duration
{
    private static readonly (string Suffix, double Milliseconds)[] _units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    public static Option<TimeSpan> Option(string name, string description, TimeSpan fallback) => new(name)
    {
        Description = $"{description} [default: {Text(fallback)}]",
        HelpName = "10s|5m|...",
        CustomParser = Parse,
        DefaultValueFactory = _ => fallback,
    };

    private static string Text(TimeSpan span)
    {
        var (suffix, milliseconds) = _units.Last(unit => span.TotalMilliseconds % unit.Milliseconds == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds / milliseconds}{suffix}");
    }

    private static TimeSpan Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        foreach (var (suffix, milliseconds) in _units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                return TimeSpan.FromMilliseconds(number * milliseconds);
        }

        if (text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span))
            return span;
        result.AddError($"'{text}' is no span of time. Write for example 500ms, 10s, 5m, 2h or 1d.");
        return default;
    }
}
