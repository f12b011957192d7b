using System.Buffers.Binary;
using System.Security.Cryptography;
using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>Recognizes a record that is sent once more: key, value and time. Two different records never have the same hash.</summary>
internal static class RecordHash
{
    public static UInt128 Of(in LogRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[2 * sizeof(int) + sizeof(long)];
        BinaryPrimitives.WriteInt32BigEndian(head, record.HasKey ? record.Key.Length : -1);
        BinaryPrimitives.WriteInt32BigEndian(head[sizeof(int)..], record.HasValue ? record.Value.Length : -1);
        BinaryPrimitives.WriteInt64BigEndian(head[(2 * sizeof(int))..], record.Timestamp);
        hash.AppendData(head);
        hash.AppendData(record.Key);
        hash.AppendData(record.Value);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
