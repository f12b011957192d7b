namespace CrashStreams.Samples.Learning.Topology;

/// <summary>One side of a join: what of an event is needed for that.</summary>
/// <param name="isRight">Whether it is the later side.</param>
/// <param name="id">By what events meet, UTF-8.</param>
/// <param name="group">The group of its row, UTF-8; empty on the side that has no say in that.</param>
/// <param name="timeMs">The event's time.</param>
/// <param name="watermark">The highest event time of the event's partition, its own included.</param>
internal readonly ref struct Touch(bool isRight, ReadOnlySpan<byte> id, ReadOnlySpan<byte> group, long timeMs, long watermark)
{
    public bool IsRight => isRight;

    public ReadOnlySpan<byte> Id { get; } = id;

    public ReadOnlySpan<byte> Group { get; } = group;

    public long TimeMs => timeMs;

    public long Watermark => watermark;
}
