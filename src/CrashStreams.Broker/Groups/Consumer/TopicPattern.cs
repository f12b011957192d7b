using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// A subscription pattern. KIP-848 asks for RE2: linear time, no look-around, no back-references. .NET's non-backtracking engine
/// promises the same and refuses the same constructs. A pattern has to match a topic's whole name.
/// </summary>
internal sealed class TopicPattern
{
    private readonly Regex _regex;

    private TopicPattern(string text, Regex regex)
    {
        Text = text;
        _regex = regex;
    }

    public string Text { get; }

    public static bool TryParse(string text, int maxLength, [NotNullWhen(true)] out TopicPattern? pattern)
    {
        pattern = null;
        if (text.Length > maxLength)
            return false;
        try
        {
            // RE2 writes named groups as (?P<name>…).
            var regex = new Regex($@"\A(?:{text.Replace("(?P<", "(?<", StringComparison.Ordinal)})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            pattern = new TopicPattern(text, regex);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    public bool Matches(string topic) => _regex.IsMatch(topic);
}
