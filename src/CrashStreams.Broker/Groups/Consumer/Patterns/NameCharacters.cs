using System.Globalization;

namespace CrashStreams.Broker.Groups.Consumer.Patterns;

/// <summary>
/// Sets of characters, a bit for each of ASCII. Names of topics have no others, so that whatever a pattern says of the rest of Unicode decides nothing, and costs nothing. Where a name has
/// others, as transactional ids may, all of them count as the last one (DEL, which no name has).
/// </summary>
internal static class NameCharacters
{
    private const int Count = 128;

    public static UInt128 All => UInt128.MaxValue;

    public static UInt128 Digits { get; } = Where(char.IsAsciiDigit);

    public static UInt128 Word { get; } = Where(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>RE2's <c>\s</c>.</summary>
    public static UInt128 Space { get; } = Where(c => c is ' ' or '\t' or '\n' or '\f' or '\r');

    /// <summary>The set of one character; empty for one that no name has.</summary>
    public static UInt128 Of(int character) => character is >= 0 and < Count ? UInt128.One << character : UInt128.Zero;

    public static UInt128 Range(int first, int last)
    {
        var set = UInt128.Zero;
        for (var c = first; c <= last && c < Count; c++)
            set |= Of(c);
        return set;
    }

    public static bool Contains(UInt128 set, char character) => (set >> Math.Min((int)character, Count - 1) & UInt128.One) != UInt128.Zero;

    /// <summary>The set with the other case of its letters.</summary>
    public static UInt128 IgnoringCase(UInt128 set) => set | Where(c => char.IsAsciiLetter(c) && Contains(set, (char)(c ^ 0x20)));

    /// <summary>A class such as <c>[:alpha:]</c>; null when there is none of that name.</summary>
    public static UInt128? Posix(string name) => name switch
    {
        "alnum" => Where(char.IsAsciiLetterOrDigit),
        "alpha" => Where(char.IsAsciiLetter),
        "ascii" => All,
        "blank" => Where(c => c is ' ' or '\t'),
        "cntrl" => Where(char.IsControl),
        "digit" => Digits,
        "graph" => Where(c => c is > ' ' and <= '~'),
        "lower" => Where(char.IsAsciiLetterLower),
        "print" => Where(c => c is >= ' ' and <= '~'),
        "punct" => Where(c => c is > ' ' and <= '~' && !char.IsAsciiLetterOrDigit(c)),
        "space" => Space | Of('\v'),
        "upper" => Where(char.IsAsciiLetterUpper),
        "word" => Word,
        "xdigit" => Where(char.IsAsciiHexDigit),
        _ => null,
    };

    /// <summary>A category or script of Unicode, as in <c>\p{Lu}</c>; null when there can be none of that name.</summary>
    public static UInt128? Unicode(string name) => name switch
    {
        "Any" => All,
        "Latin" => Where(char.IsAsciiLetter),
        "Common" => ~Where(char.IsAsciiLetter),
        [>= 'A' and <= 'Z'] or [>= 'A' and <= 'Z', >= 'a' and <= 'z'] => InCategory(name),
        _ => name.Length > 2 && name.All(c => char.IsAsciiLetter(c) || c == '_') ? UInt128.Zero : null, // another script, of which ASCII has nothing
    };

    private static UInt128? InCategory(string name) =>
        "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co".Split(' ').Any(category => category.StartsWith(name, StringComparison.Ordinal))
            ? Where(c => Short(char.GetUnicodeCategory(c)).StartsWith(name, StringComparison.Ordinal))
            : null;

    /// <summary>The categories that ASCII has.</summary>
    private static string Short(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.Control => "Cc",
        _ => "",
    };

    private static UInt128 Where(Func<char, bool> belongs)
    {
        var set = UInt128.Zero;
        for (var c = '\0'; c < Count; c++)
            if (belongs(c))
                set |= UInt128.One << c;
        return set;
    }
}
