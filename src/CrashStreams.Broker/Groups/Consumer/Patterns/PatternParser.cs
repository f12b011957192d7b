using System.Globalization;

namespace CrashStreams.Broker.Groups.Consumer.Patterns;

/// <summary>
/// Reads a pattern in the syntax of RE2, which KIP-848 asks for: without look-around, back-references and atomic groups, which nothing matches in linear time. Greediness,
/// line modes and captured groups are read and mean nothing here: only whether a whole name matches.
/// </summary>
internal sealed class PatternParser
{
    private const int DeepestNesting = 200;
    private const int MostRepetitions = 1000; // RE2's

    private readonly string _text;
    private readonly HashSet<string> _groupNames = [];
    private int _position;
    private int _depth;
    private bool _ignoresCase;

    private PatternParser(string text) => _text = text;

    /// <summary>The pattern's parts; null when the text is no pattern.</summary>
    public static PatternNode? TryParse(string text)
    {
        var parser = new PatternParser(text);
        try
        {
            var node = parser.Alternatives();
            return parser._position == text.Length ? node : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private bool IsAtEnd => _position == _text.Length;

    private char Next => _text[_position];

    private PatternNode Alternatives()
    {
        if (++_depth > DeepestNesting)
            throw new FormatException("Nested too deeply.");
        List<PatternNode> branches = [Sequence()];
        while (TryTake("|"))
            branches.Add(Sequence());
        _depth--;
        return branches.Count == 1 ? branches[0] : new PatternNode.Either(branches);
    }

    private PatternNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (!IsAtEnd && Next is not ('|' or ')'))
        {
            if (TryTake("\\Q"))
                Quoted(parts);
            else
                parts.Add(Atom());
            if (parts.Count > 0 && TryRepetition(parts[^1]) is { } repeated)
                parts[^1] = repeated;
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private void Quoted(List<PatternNode> parts)
    {
        while (!IsAtEnd && !TryTake("\\E"))
            parts.Add(One(Character()));
    }

    private PatternNode Atom()
    {
        switch (Next)
        {
            case '(':
                _position++;
                return Group();
            case '[':
                _position++;
                return One(Class());
            case '\\':
                _position++;
                return Escape();
            case '.':
                _position++;
                return new PatternNode.One(NameCharacters.All);
            case '^':
                _position++;
                return new PatternNode.At(PatternPlace.Start);
            case '$':
                _position++;
                return new PatternNode.At(PatternPlace.End);
            case '*' or '+' or '?':
                throw new FormatException("Nothing to repeat.");
            default:
                return One(Character());
        }
    }

    private PatternNode Group()
    {
        var ignoredCase = _ignoresCase;
        if (TryTake("?P<") || (TryPeek("?<") && !TryPeek("?<=") && !TryPeek("?<!") && TryTake("?<")))
            GroupName();
        else if (TryTake("?") && Flags())
            return PatternNode.Empty; // for the rest of the group around it
        var node = Alternatives();
        if (!TryTake(")"))
            throw new FormatException("A group is not closed.");
        _ignoresCase = ignoredCase;
        return node;
    }

    private void GroupName()
    {
        var end = _text.IndexOf('>', _position);
        var name = end < 0 ? "" : _text[_position..end];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || !_groupNames.Add(name))
            throw new FormatException("Not a group's name.");
        _position = end + 1;
    }

    /// <summary>Of <c>(?i)</c> or <c>(?i:</c>; true when nothing follows them in the parentheses.</summary>
    private bool Flags()
    {
        for (var isOn = true; !IsAtEnd; )
        {
            switch (_text[_position++])
            {
                case 'i':
                    _ignoresCase = isOn;
                    break;
                case 'm' or 's' or 'U': // names have one line
                    break;
                case '-' when isOn:
                    isOn = false;
                    break;
                case ':':
                    return false;
                case ')':
                    return true;
                default:
                    throw new FormatException("Not a flag.");
            }
        }
        throw new FormatException("A group is not closed.");
    }

    private PatternNode? TryRepetition(PatternNode part)
    {
        PatternNode? repeated = null;
        while (TryCount() is (var least, var most))
        {
            if (repeated is not null)
                throw new FormatException("A repetition of a repetition.");
            repeated = new PatternNode.Repeat(part, least, most);
            _ = TryTake("?"); // how greedy it is decides nothing
        }
        return repeated;
    }

    private (int Least, int? Most)? TryCount()
    {
        if (TryTake("*"))
            return (0, null);
        if (TryTake("+"))
            return (1, null);
        if (TryTake("?"))
            return (0, 1);
        var end = TryPeek("{") ? _text.IndexOf('}', _position) : -1;
        if (end < 0)
            return null;
        var numbers = _text[(_position + 1)..end].Split(',');
        if (numbers.Length > 2 || numbers[0].Length == 0 || !numbers.All(number => number.All(char.IsAsciiDigit)))
            return null; // braces like any other character
        _position = end + 1;
        var least = Number(numbers[0]);
        int? most = numbers.Length == 1 ? least : numbers[1].Length == 0 ? null : Number(numbers[1]);
        return most < least ? throw new FormatException("No number is at least and at most that.") : (least, most);
    }

    private static int Number(string digits) =>
        digits.Length <= 4 && int.Parse(digits, CultureInfo.InvariantCulture) is <= MostRepetitions and var number ? number : throw new FormatException("Too many repetitions.");

    private PatternNode Escape()
    {
        if (IsAtEnd)
            throw new FormatException("A backslash at the end.");
        PatternPlace? place = Next switch { 'A' => PatternPlace.Start, 'z' => PatternPlace.End, 'b' => PatternPlace.WordBoundary, 'B' => PatternPlace.NoWordBoundary, _ => null };
        if (place is null)
            return One(EscapedSet(out _));
        _position++;
        return new PatternNode.At(place.Value);
    }

    /// <summary>The characters that an escape behind a backslash means.</summary>
    private UInt128 EscapedSet(out int character)
    {
        character = -1;
        if (IsAtEnd)
            throw new FormatException("A backslash at the end.");
        switch (_text[_position++])
        {
            case 'd':
                return NameCharacters.Digits;
            case 'D':
                return ~NameCharacters.Digits;
            case 'w':
                return NameCharacters.Word;
            case 'W':
                return ~NameCharacters.Word;
            case 's':
                return NameCharacters.Space;
            case 'S':
                return ~NameCharacters.Space;
            case 'p':
                return UnicodeSet();
            case 'P':
                return ~UnicodeSet();
            default:
                _position--;
                character = EscapedCharacter();
                return NameCharacters.Of(character);
        }
    }

    private UInt128 UnicodeSet()
    {
        if (IsAtEnd)
            throw new FormatException("A category is missing.");
        var name = Next.ToString();
        if (Next == '{')
        {
            var end = _text.IndexOf('}', _position);
            name = end < 0 ? "" : _text[(_position + 1)..end];
            _position = Math.Max(end, _position);
        }
        _position++;
        var isNegated = name.StartsWith('^');
        var set = NameCharacters.Unicode(isNegated ? name[1..] : name) ?? throw new FormatException("No such category.");
        return isNegated ? ~set : set;
    }

    private int EscapedCharacter()
    {
        var escape = _text[_position++];
        if (char.IsAscii(escape) && !char.IsAsciiLetterOrDigit(escape))
            return escape;
        return escape switch
        {
            'a' => '\a',
            'f' => '\f',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\v',
            'x' => Hexadecimal(),
            _ => throw new FormatException("Not an escape."),
        };
    }

    private int Hexadecimal()
    {
        var isBraced = TryTake("{");
        var end = isBraced ? _text.IndexOf('}', _position) : _position + 2;
        if (end < _position || end > _text.Length)
            throw new FormatException("A character's number is missing.");
        var digits = _text[_position..end];
        _position = isBraced ? end + 1 : end;
        return digits.Length <= 6 && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var character) && character <= 0x10FFFF
            ? character
            : throw new FormatException("Not a character's number.");
    }

    private UInt128 Class()
    {
        var isNegated = TryTake("^");
        var set = UInt128.Zero;
        for (var isFirst = true; isFirst || !TryPeek("]"); isFirst = false)
        {
            if (IsAtEnd)
                throw new FormatException("A class is not closed.");
            set |= TryPosix() ?? ClassItem();
        }
        _position++;
        // Folded before it is negated: [^a] is neither a nor A then.
        if (_ignoresCase)
            set = NameCharacters.IgnoringCase(set);
        return isNegated ? ~set : set;
    }

    private UInt128? TryPosix()
    {
        if (!TryPeek("[:"))
            return null;
        var end = _text.IndexOf(":]", _position + 2, StringComparison.Ordinal);
        if (end < 0)
            return null;
        var name = _text[(_position + 2)..end];
        _position = end + 2;
        var isNegated = name.StartsWith('^');
        var set = NameCharacters.Posix(isNegated ? name[1..] : name) ?? throw new FormatException("No such class.");
        return isNegated ? ~set : set;
    }

    private UInt128 ClassItem()
    {
        var set = ClassCharacters(out var first);
        if (first < 0 || !TryPeek("-") || TryPeek("-]") || _position + 1 == _text.Length)
            return set;
        _position++;
        _ = ClassCharacters(out var last);
        return last >= first ? NameCharacters.Range(first, last) : throw new FormatException("A range that ends before it begins.");
    }

    private UInt128 ClassCharacters(out int character)
    {
        if (TryTake("\\"))
            return EscapedSet(out character);
        character = Character();
        return NameCharacters.Of(character);
    }

    private int Character()
    {
        var character = char.IsHighSurrogate(Next) && _position + 1 < _text.Length && char.IsLowSurrogate(_text[_position + 1]) ? char.ConvertToUtf32(_text, _position) : Next;
        _position += character > char.MaxValue ? 2 : 1;
        return character;
    }

    private PatternNode One(int character) => One(NameCharacters.Of(character));

    private PatternNode.One One(UInt128 set) => new(_ignoresCase ? NameCharacters.IgnoringCase(set) : set);

    private bool TryPeek(string expected) => string.CompareOrdinal(_text, _position, expected, 0, expected.Length) == 0;

    private bool TryTake(string expected)
    {
        if (!TryPeek(expected))
            return false;
        _position += expected.Length;
        return true;
    }
}
