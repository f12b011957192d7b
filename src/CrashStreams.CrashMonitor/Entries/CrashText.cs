using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CrashStreams.CrashMonitor;

/// <summary>Finds "crash" in bytes. Case means ASCII case: no other letter folds into these five.</summary>
internal static class CrashText
{
    private static ReadOnlySpan<byte> Word => "crash"u8;

    /// <summary>Whether UTF-8 text without JSON escapes contains the word.</summary>
    public static bool IsIn(ReadOnlySpan<byte> text, bool caseSensitive)
        => caseSensitive ? text.IndexOf(Word) >= 0 : Scan(text, stopAtBackslash: false);

    /// <summary>Whether bytes contain the word in any case, or a backslash, behind which anything may hide.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> json) => Scan(json, stopAtBackslash: true);

    /// <summary>
    /// Looks for 'c' and, four bytes on, 'h': together they are rare enough that checking the candidates costs nothing. The two reads
    /// of a step overlap, and so do the last two steps, so that every byte is seen.
    /// </summary>
    private static bool Scan(ReadOnlySpan<byte> text, bool stopAtBackslash)
    {
        const int Reach = 4;
        if (!Vector128.IsHardwareAccelerated || text.Length < Vector128<byte>.Count + Reach)
            return ScanBytes(text, stopAtBackslash);

        ref var start = ref MemoryMarshal.GetReference(text);
        var backslash = (byte)(stopAtBackslash ? '\\' : 0xFF); // 0xFF is in no UTF-8 text: it finds nothing
        var at = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; at <= text.Length - Reach - Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                var first = Vector256.LoadUnsafe(ref start, (nuint)at);
                var fifth = Vector256.LoadUnsafe(ref start, (nuint)(at + Reach));
                var escape = Vector256.Equals(first, Vector256.Create(backslash));
                var match = Vector256.Equals(first | Vector256.Create((byte)0x20), Vector256.Create((byte)'c'))
                    & Vector256.Equals(fifth | Vector256.Create((byte)0x20), Vector256.Create((byte)'h'));
                if ((escape | match) != Vector256<byte>.Zero
                    && (escape != Vector256<byte>.Zero || AnyIsWord(ref start, at, match.ExtractMostSignificantBits())))
                    return true;
            }
        }

        while (true)
        {
            at = Math.Min(at, text.Length - Reach - Vector128<byte>.Count);
            var first = Vector128.LoadUnsafe(ref start, (nuint)at);
            var fifth = Vector128.LoadUnsafe(ref start, (nuint)(at + Reach));
            var escape = Vector128.Equals(first, Vector128.Create(backslash)) | Vector128.Equals(fifth, Vector128.Create(backslash));
            var match = Vector128.Equals(first | Vector128.Create((byte)0x20), Vector128.Create((byte)'c'))
                & Vector128.Equals(fifth | Vector128.Create((byte)0x20), Vector128.Create((byte)'h'));
            if ((escape | match) != Vector128<byte>.Zero
                && (escape != Vector128<byte>.Zero || AnyIsWord(ref start, at, match.ExtractMostSignificantBits())))
                return true;
            if (at >= text.Length - Reach - Vector128<byte>.Count)
                return false;
            at += Vector128<byte>.Count;
        }
    }

    private static bool AnyIsWord(ref byte start, int at, uint candidates)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            var position = at + System.Numerics.BitOperations.TrailingZeroCount(candidates);
            if (IsWord(ref Unsafe.Add(ref start, position)))
                return true;
        }

        return false;
    }

    private static bool ScanBytes(ReadOnlySpan<byte> text, bool stopAtBackslash)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (stopAtBackslash && text[i] == '\\')
                return true;
            if (i + Word.Length <= text.Length && IsWord(ref MemoryMarshal.GetReference(text[i..])))
                return true;
        }

        return false;
    }

    private static bool IsWord(ref byte text)
        => (text | 0x20) == 'c'
            && (Unsafe.Add(ref text, 1) | 0x20) == 'r'
            && (Unsafe.Add(ref text, 2) | 0x20) == 'a'
            && (Unsafe.Add(ref text, 3) | 0x20) == 's'
            && (Unsafe.Add(ref text, 4) | 0x20) == 'h';
}
