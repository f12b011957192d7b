using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Groups.Consumer.Patterns;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// A subscription pattern. KIP-848 asks for RE2: linear time, no look-around, no back-references. A pattern has to match a topic's whole name. Linear is not enough, though: a
/// counted repetition multiplies the pattern, and each character may cost as much as the pattern is large. So its size is limited, and the steps of each comparison with all names.
/// Of a pattern only the text is kept: what it is compiled to takes microseconds to make, and hundreds of times the memory.
/// </summary>
internal sealed class TopicPattern
{
    /// <summary>States of the automaton: as many as a pattern may have characters, and a little for counted repetitions.</summary>
    private const int MaxStates = 1200;

    private TopicPattern(string text) => Text = text;

    public string Text { get; }

    /// <summary>The pattern of a text; false when the text is none, or one that is too large.</summary>
    public static bool TryParse(string text, int maxLength, [NotNullWhen(true)] out TopicPattern? pattern)
    {
        pattern = text.Length <= maxLength && Compile(text) is not null ? new TopicPattern(text) : null;
        return pattern is not null;
    }

    /// <summary>Compares the pattern with many names. False: it takes more steps than there are, and only some were compared.</summary>
    public bool TryMatch<T>(IEnumerable<T> candidates, Func<T, string> nameOf, ref long steps, out List<T> matched)
    {
        matched = [];
        var program = Compile(Text)!;
        var memory = new PatternMemory();
        foreach (var candidate in candidates)
        {
            if (program.Matches(nameOf(candidate), memory, ref steps))
                matched.Add(candidate);
            if (steps < 0)
                return false;
        }
        return true;
    }

    private static PatternProgram? Compile(string text) => PatternParser.TryParse(text) is { } node ? PatternProgram.TryCompile(node, MaxStates) : null;
}
