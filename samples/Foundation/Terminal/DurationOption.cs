using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace CrashStreams.Samples.Terminal;

/// <summary>An option whose value is a span of time as people type it: 500ms, 10s, 5m, 2h, 1d, or 00:00:10.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    private static readonly (string Suffix, double Milliseconds)[] _units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private readonly TimeSpan? _fallback;

    /// <param name="name">The option's name.</param>
    /// <param name="description">What it means.</param>
    /// <param name="fallback">Its value when it is not given; null for none.</param>
    /// <param name="aliases">Other names.</param>
    public DurationOption(string name, string description, TimeSpan? fallback, params string[] aliases)
        : base(name, aliases)
    {
        _fallback = fallback;
        Description = fallback is null ? description : $"{description} [default: {Text(fallback.Value)}]";
        HelpName = "10s|5m|...";
        CustomParser = Parse;
    }

    public TimeSpan Read(ParseResult arguments) => ReadOrNone(arguments)!.Value;

    public TimeSpan? ReadOrNone(ParseResult arguments) => arguments.GetValue(this) ?? _fallback;

    private static string Text(TimeSpan span)
    {
        var (suffix, milliseconds) = _units.Last(unit => span.TotalMilliseconds % unit.Milliseconds == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds / milliseconds}{suffix}");
    }

    private static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        foreach (var (suffix, milliseconds) in _units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && Math.Abs(number) < 1e6)
                return TimeSpan.FromMilliseconds(number * milliseconds);
        }

        if (text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span))
            return span;
        result.AddError($"'{text}' is no span of time. Write for example 500ms, 10s, 5m, 2h or 1d.");
        return null;
    }
}
