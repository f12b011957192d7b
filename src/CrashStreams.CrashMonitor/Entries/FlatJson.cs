using System.Buffers;
using System.Runtime.CompilerServices;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Walks the fields of the usual flat JSON object: names and texts without escapes, whole numbers, true, false, null. It never guesses:
/// at anything else it stops with <see cref="IsUnusual"/>, and the reader of the whole grammar takes over. What it accepts is JSON.
/// </summary>
internal ref struct FlatJson(ReadOnlySpan<byte> json)
{
    private static readonly SearchValues<byte> _endsPlainText = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(c => (byte)c)]);

    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;
    private bool _hasFields;

    /// <summary>The field's name, after <see cref="NextField"/>.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The field's value, after <see cref="NextField"/>: a text's content, or the letters and digits of anything else.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether the value is a text.</summary>
    public bool IsText { get; private set; }

    /// <summary>Whether the walk stopped at something that is not flat, or not JSON.</summary>
    public bool IsUnusual { get; private set; }

    /// <summary>Moves to the next field; false after the last one, or when <see cref="IsUnusual"/>.</summary>
    public bool NextField()
    {
        if (!_hasFields)
        {
            _hasFields = true;
            if (Skip() != '{')
                return Stop();
            _at++;
        }
        else
        {
            var separator = Skip();
            if (separator == '}')
                return End();
            if (separator != ',')
                return Stop();
            _at++;
        }

        if (Skip() != '"' || !TryText(out var name))
            return Stop();
        Name = name;
        if (Skip() != ':')
            return Stop();
        _at++;
        return TryValue() || Stop();
    }

    private bool TryValue()
    {
        IsText = Skip() == '"';
        if (IsText)
        {
            var isPlain = TryText(out var text);
            Value = text;
            return isPlain;
        }

        var start = _at;
        while ((uint)_at < (uint)_json.Length && (char.IsAsciiLetterOrDigit((char)_json[_at]) || _json[_at] == '-'))
            _at++;
        Value = _json[start.._at];
        // As for the platform's reader, a number has to be ended by something: at the end of the bytes it may have been cut off.
        return (uint)_at < (uint)_json.Length && _json[_at] is (byte)',' or (byte)'}' or (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r'
            && IsLiteral(Value);
    }

    private static bool IsLiteral(ReadOnlySpan<byte> value)
        => IsWholeNumber(value) || value.SequenceEqual("true"u8) || value.SequenceEqual("false"u8) || value.SequenceEqual("null"u8);

    private static bool IsWholeNumber(ReadOnlySpan<byte> number)
    {
        if (number.Length > 0 && number[0] == '-')
            number = number[1..];
        return number.Length > 0 && !number.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (number[0] != '0' || number.Length == 1);
    }

    private bool TryText(out ReadOnlySpan<byte> text)
    {
        var rest = _json[(_at + 1)..];
        var length = rest.IndexOfAny(_endsPlainText);
        if (length < 0 || rest[length] != '"')
        {
            text = default;
            return false;
        }

        text = rest[..length];
        _at += length + 2;
        return true;
    }

    /// <summary>The next byte that is not white space, or 0 at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Skip()
    {
        while ((uint)_at < (uint)_json.Length)
        {
            var b = _json[_at];
            if (b is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r'))
                return b;
            _at++;
        }

        return 0;
    }

    private bool End()
    {
        _at++;
        Skip();
        IsUnusual = _at != _json.Length;
        return false;
    }

    private bool Stop()
    {
        IsUnusual = true;
        return false;
    }
}
