using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Gives the same string for the same UTF-8 bytes while it remembers them, so that users who come again cost no allocation.
/// Bounded: a full neighbourhood forgets one of its strings. Threads share it without a lock: two threads that write one slot at once only cost each other
/// a string.
/// </summary>
internal sealed class UserIdPool
{
    private const int MaxPooledBytes = 64;
    private const int Probes = 4;
    private const ulong Odd = 0x9E3779B97F4A7C15;

    private readonly string?[] _slots;

    /// <summary>What all serdes of the process use, so that a user is one string from the line to the store.</summary>
    public static UserIdPool Shared { get; } = new();

    /// <param name="capacity">How many strings it remembers at most; a power of two.</param>
    public UserIdPool(int capacity = 1 << 14)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity & (capacity - 1), 0);
        _slots = new string?[Math.Max(capacity, Probes)];
    }

    /// <summary>The string of valid UTF-8 bytes.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxPooledBytes)
            return Encoding.UTF8.GetString(utf8);
        var hash = Hash(utf8);
        for (var probe = 0; probe < Probes; probe++)
        {
            var text = _slots[(hash + probe) & (_slots.Length - 1)];
            if (text is null)
                return Add(hash + probe, utf8);
            if (IsText(utf8, text))
                return text;
        }

        return Add(hash + ((hash >> 16) % Probes), utf8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string Add(int slot, ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        _slots[slot & (_slots.Length - 1)] = text;
        return text;
    }

    // The string itself is compared, which whoever asked for it looks at next: bytes kept beside it would be one more way to memory.
    // Only what is ASCII has as many characters as bytes.
    private static bool IsText(ReadOnlySpan<byte> utf8, string text) =>
        text.Length == utf8.Length ? Ascii.Equals(utf8, text) : text.Length < utf8.Length && IsLongerText(utf8, text);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsLongerText(ReadOnlySpan<byte> utf8, string text)
    {
        Span<char> characters = stackalloc char[MaxPooledBytes];
        return text.AsSpan().SequenceEqual(characters[..Encoding.UTF8.GetChars(utf8, characters)]);
    }

    /// <summary>
    /// Multiplies 8 bytes at a time, the last of them together with some of those before, so that no byte needs a step of its own. Ids differ in their last
    /// characters, so the top bits, which depend on all of them, choose.
    /// </summary>
    private static int Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (ulong)utf8.Length;
        if (utf8.Length < sizeof(ulong))
        {
            foreach (var b in utf8)
                hash = Mix(hash, b);
        }
        else
        {
            for (var rest = utf8; rest.Length > sizeof(ulong); rest = rest[sizeof(ulong)..])
                hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(utf8[^sizeof(ulong)..]));
        }

        return (int)((hash * Odd) >> 34);
    }

    private static ulong Mix(ulong hash, ulong next) => ulong.RotateLeft((hash ^ next) * Odd, 29);
}
