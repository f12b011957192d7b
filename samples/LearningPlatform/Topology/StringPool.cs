using System.Text;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>One string for all sets that hold the same user. What was not asked for since the last but one <see cref="Age"/> is forgotten.</summary>
internal sealed class StringPool
{
    private const int LongestOnStack = 256;

    private HashSet<string> _young = new(StringComparer.Ordinal);
    private HashSet<string> _old = new(StringComparer.Ordinal);

    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestOnStack)
            return Encoding.UTF8.GetString(utf8);
        Span<char> buffer = stackalloc char[LongestOnStack];
        ReadOnlySpan<char> text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        var young = _young.GetAlternateLookup<ReadOnlySpan<char>>();
        if (young.TryGetValue(text, out var known))
            return known;
        if (!_old.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out known))
            known = new(text);
        _young.Add(known);
        return known;
    }

    public void Age() => (_old, _young) = (_young, new(StringComparer.Ordinal));
}
