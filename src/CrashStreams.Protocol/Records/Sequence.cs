namespace CrashStreams.Protocol.Records;

/// <summary>The sequence numbers of idempotent producers: 0 to 2147483647, then 0 again.</summary>
internal static class Sequence
{
    public static int Add(int sequence, int count) => sequence < 0 ? sequence : (int)(((long)sequence + count) & int.MaxValue);

    public static bool Follows(int next, int last) => next == (last == int.MaxValue ? 0 : last + 1);
}
