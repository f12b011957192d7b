using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashStreams.Protocol.Records;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches: one instruction per 8 bytes on SSE4.2 and ARMv8, tables elsewhere.</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Continues a checksum, so that a batch can be summed up in pieces.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        var state = ~crc;
        ref var start = ref MemoryMarshal.GetReference(data);
        nint i = 0, length = data.Length;
        for (; i <= length - 8; i += 8)
            state = BitOperations.Crc32C(state, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
        for (; i < length; i++)
            state = BitOperations.Crc32C(state, Unsafe.Add(ref start, i));
        return ~state;
    }
}
