using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// A subscription pattern. KIP-848 asks for RE2: linear time, no look-around, no back-references. .NET's non-backtracking engine
/// promises the same and refuses the same constructs. A pattern has to match a topic's whole name. Linear is not enough, though: a counted repetition multiplies the pattern, and
/// each character may then cost as much as the pattern is large. So repetitions are limited, and the time of each comparison with all names.
/// </summary>
internal sealed class TopicPattern
{
    /// <summary>A machine that is busy with something else, or compiles the engine, makes any pattern look slow once.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan s_timeForAll = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan s_timeForEach = TimeSpan.FromMicroseconds(1);
    private static readonly TimeSpan s_timeForOne = TimeSpan.FromMilliseconds(5);
    private static readonly Lazy<bool> s_isWarm = new(() => new Regex("a.*|[b-d]{2}", RegexOptions.NonBacktracking).IsMatch("cd"));
    private readonly Regex _regex;

    private TopicPattern(string text, Regex regex)
    {
        Text = text;
        _regex = regex;
    }

    public string Text { get; }

    /// <summary>The pattern of a text; false when the text is none, or none that is sure to be matched in linear time.</summary>
    public static bool TryParse(string text, int maxLength, [NotNullWhen(true)] out TopicPattern? pattern)
    {
        pattern = null;
        if (text.Length > maxLength || PatternSize.Of(text) > PatternSize.Max)
            return false;
        _ = s_isWarm.Value;
        try
        {
            // RE2 writes named groups as (?P<name>…).
            var regex = new Regex($@"\A(?:{text.Replace("(?P<", "(?<", StringComparison.Ordinal)})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_timeForOne);
            pattern = new TopicPattern(text, regex);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Compares the pattern with many names. False: it takes too long, and only some were compared.</summary>
    public bool TryMatch<T>(IEnumerable<T> candidates, Func<T, string> nameOf, out List<T> matched)
    {
        matched = [];
        for (var attempt = 0; attempt < Attempts; attempt++)
            if (TryMatchOnce(candidates, nameOf, out matched))
                return true;
        return false;
    }

    private bool TryMatchOnce<T>(IEnumerable<T> candidates, Func<T, string> nameOf, out List<T> matched)
    {
        matched = [];
        var limit = s_timeForAll;
        var started = Stopwatch.GetTimestamp();
        try
        {
            foreach (var candidate in candidates)
            {
                if (_regex.IsMatch(nameOf(candidate)))
                    matched.Add(candidate);
                limit += s_timeForEach;
                if (Stopwatch.GetElapsedTime(started) > limit)
                    return false;
            }
            return true;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
