using System.Runtime.CompilerServices;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Looks at a value's raw bytes before anyone parses them. It rejects only what <see cref="LogEntry.IsSevereCrash"/> would reject, and lets
/// through whatever it can't judge: JSON escapes may hide a word. Whether the value is well-formed is not its business.
/// </summary>
public static class CrashPrefilter
{
    /// <summary>False when the value can't be a severe crash.</summary>
    public static bool Passes(ReadOnlySpan<byte> value) => CrashText.MayBeIn(value) && MayBeSevere(value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool MayBeSevere(ReadOnlySpan<byte> value)
        => value.IndexOf("\"High\""u8) >= 0 || value.IndexOf("\"Critical\""u8) >= 0 || value.Contains((byte)'\\');
}
