using System.Globalization;

namespace CrashStreams.Redis;

/// <summary>Up to where a partition's hashes are written.</summary>
/// <param name="Generation">Drawn when the sink's store is new: after a reset of the application positions begin again, and those of before mean nothing.</param>
/// <param name="Offset">The last record of the input whose entries are in the hashes; -1 before the first.</param>
internal readonly record struct RedisPosition(string Generation, long Offset)
{
    public static RedisPosition Begin() => new(Guid.NewGuid().ToString("N"), -1);

    public static RedisPosition Parse(string text) =>
        text.IndexOf(':') is > 0 and var colon && long.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset)
            ? new(text[..colon], offset)
            : throw new SerdeException("not-a-position");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Generation}:{Offset}");
}
