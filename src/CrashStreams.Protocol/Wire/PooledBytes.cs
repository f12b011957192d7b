using System.Buffers;
using System.Numerics;

namespace CrashStreams.Protocol.Wire;

/// <summary>
/// Arrays for messages and batches. The shared pool would keep large ones for each size, thread and core, long after the one client is gone that has sent such a message or asked for it;
/// here there are two of each size at most, and none of the largest.
/// </summary>
internal static class PooledBytes
{
    private const int LargestShared = 1024 * 1024;
    private const int LargestKept = 16 * 1024 * 1024;
    private const int MostOfOneSize = 2;

    /// <summary>After so many bytes of the largest arrays they are collected: the collector would let more of them come together than a small process should have.</summary>
    private const long MostDropped = 64 * 1024 * 1024;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<int, Stack<byte[]>> s_kept = []; // shared, by length
    private static long s_dropped; // shared

    /// <summary>An array of at least so many bytes, with anything in it.</summary>
    public static byte[] Rent(int length)
    {
        if (length <= LargestShared)
            return ArrayPool<byte>.Shared.Rent(length);
        if (length > LargestKept)
            return GC.AllocateUninitializedArray<byte>(length);
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)length);
        lock (s_lock)
        {
            if (s_kept.TryGetValue(size, out var kept) && kept.TryPop(out var array))
                return array;
        }
        return GC.AllocateUninitializedArray<byte>(size);
    }

    public static void Return(byte[] array)
    {
        if (array.Length <= LargestShared)
            ArrayPool<byte>.Shared.Return(array);
        else if (array.Length > LargestKept)
            Drop(array.Length);
        else
            Keep(array);
    }

    private static void Keep(byte[] array)
    {
        lock (s_lock)
        {
            if (!s_kept.TryGetValue(array.Length, out var kept))
                s_kept[array.Length] = kept = new Stack<byte[]>();
            if (kept.Count < MostOfOneSize)
                kept.Push(array);
        }
    }

    private static void Drop(int length)
    {
        if (Interlocked.Add(ref s_dropped, length) < MostDropped)
            return;
        Interlocked.Exchange(ref s_dropped, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }
}
