using System.Buffers;
using System.Collections.Immutable;

namespace CrashStreams.Aggregations;

/// <summary>
/// <code>
/// relative error (8) · min (8) · max (8) · per bucket: key (4) · count (8)
/// </code>
/// </summary>
internal sealed class QuantilesSerde : AggregateSerde<Quantiles>
{
    public override Quantiles Deserialize(ReadOnlySpan<byte> data)
    {
        var (relativeError, min, max) = (ReadDouble(ref data), ReadDouble(ref data), ReadDouble(ref data));
        var buckets = ImmutableSortedDictionary.CreateBuilder<int, long>();
        var total = 0L;
        while (!data.IsEmpty)
        {
            var (key, count) = (ReadInt32(ref data), ReadInt64(ref data));
            buckets[key] = count;
            total += count;
        }

        return new(relativeError, total, min, max, buckets.ToImmutable());
    }

    public override void Serialize(Quantiles value, IBufferWriter<byte> output)
    {
        WriteDouble(value.RelativeError, output);
        WriteDouble(value.Min, output);
        WriteDouble(value.Max, output);
        foreach (var (key, count) in value.Buckets)
        {
            WriteInt32(key, output);
            WriteInt64(count, output);
        }
    }
}
