using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>Records of one side of a join. Dispose it before its store is used by others for long.</summary>
internal readonly struct JoinCursor<TValue>(SegmentCursor cursor, Serde<TValue> serde) : IDisposable
{
    /// <summary>The record's time, milliseconds.</summary>
    public long Timestamp => cursor.Time;

    /// <summary>The record's reference <c>w</c>.</summary>
    public long Watermark => BinaryPrimitives.ReadInt64BigEndian(cursor.Value);

    public TValue Value => serde.Deserialize(cursor.Value[sizeof(long)..]);

    public bool MoveNext() => cursor.MoveNext();

    public void Dispose() => cursor.Dispose();
}
