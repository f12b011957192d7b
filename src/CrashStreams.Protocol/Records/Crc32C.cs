using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrashStreams.Protocol.Records;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches: one instruction per 8 bytes on SSE4.2 and ARMv8, tables elsewhere.</summary>
internal static class Crc32C
{
    /// <summary>Bytes of a lane. Three lanes are summed up side by side: the instruction takes three cycles, but one can begin in each.</summary>
    private const int Lane = 1024;

    /// <summary>x^(8 * Lane - 33) and x^(16 * Lane - 33) modulo the polynomial, bits reflected: they move a sum behind one lane, and behind two.</summary>
    private const uint BehindOne = 0x170076fa;
    private const uint BehindTwo = 0xa51b6135;

    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Continues a checksum, so that a batch can be summed up in pieces.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        var state = ~crc;
        if (data.Length >= 3 * Lane && Sse42.X64.IsSupported && Pclmulqdq.IsSupported)
            state = AppendLanes(state, ref data);
        ref var start = ref MemoryMarshal.GetReference(data);
        nint i = 0, length = data.Length;
        for (; i <= length - 8; i += 8)
            state = BitOperations.Crc32C(state, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)));
        for (; i < length; i++)
            state = BitOperations.Crc32C(state, Unsafe.Add(ref start, i));
        return ~state;
    }

    /// <summary>Sums up as many times three lanes as there are, and leaves the rest of the data.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled ahead of time it would be without the instructions
    private static uint AppendLanes(uint state, ref ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 3 * Lane; data = data[(3 * Lane)..])
        {
            ref var at = ref MemoryMarshal.GetReference(data);
            ulong first = state, second = 0, third = 0;
            for (nint i = 0; i < Lane; i += 8)
            {
                first = Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, i)));
                second = Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, i + Lane)));
                third = Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, i + (2 * Lane))));
            }
            var moved = Multiply(first, BehindTwo) ^ Multiply(second, BehindOne);
            state = (uint)(Sse42.X64.Crc32(0, moved) ^ third);
        }
        return state;
    }

    private static ulong Multiply(ulong sum, ulong power) =>
        Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(sum), Vector128.CreateScalar(power), 0).ToScalar();
}
