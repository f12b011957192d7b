using System.Buffers.Text;

namespace CrashStreams.CrashMonitor;

/// <summary>Looks into a JSON text that has escapes, without unescaping it: <c>\u0063rash</c> is "crash" too.</summary>
internal static class EscapedText
{
    /// <param name="text">What is between the quotes; its escapes are known to be legal.</param>
    /// <param name="caseSensitive">Whether only "crash" counts, not "CRASH".</param>
    public static bool ContainsCrash(ReadOnlySpan<byte> text, bool caseSensitive)
    {
        var word = "crash"u8;
        var matched = 0;
        while (!text.IsEmpty)
        {
            var letter = Next(ref text);
            if (!caseSensitive && letter is >= 'A' and <= 'Z')
                letter |= 0x20;
            // No letter occurs twice in the word, so a mismatch can only begin it anew.
            matched = letter == word[matched] ? matched + 1 : letter == word[0] ? 1 : 0;
            if (matched == word.Length)
                return true;
        }

        return false;
    }

    /// <summary>Takes one UTF-16 unit or one UTF-8 byte, whichever is written: the letters of the word are the same in both.</summary>
    private static int Next(ref ReadOnlySpan<byte> text)
    {
        var (letter, length) = text[0] != '\\' ? (text[0], 1) : text[1] != 'u' ? (-1, 2) : (Hex(text.Slice(2, 4)), 6);
        text = text[length..];
        return letter;
    }

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        Utf8Parser.TryParse(digits, out int number, out _, 'X');
        return number;
    }
}
