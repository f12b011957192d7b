using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// The sides of a join as they go through the shuffle, many in a record, a record for each shard:
/// <code>
/// per event: is right (1) · time · watermark - time · id · group
/// </code>
/// </summary>
internal sealed class TouchRecords(ViewPlan plan)
{
    // As for sums.
    private const int LongestRecord = 48 * 1024;

    private readonly ViewJoin _join = plan.View.Join!;
    private readonly PackedWriter?[] _writers = new PackedWriter?[Shards.Count];

    /// <summary>Takes an event that is a side of the join; sends the shard's record when it is long enough.</summary>
    public void Add(LearningEvent e, long watermark, Action<int, byte[]> send)
    {
        var isRight = _join.Right(e);
        if ((!isRight && !_join.Left(e)) || _join.On(e) is not { } id)
            return;
        var hasGroup = isRight == (_join.Kind == JoinKind.Inner);
        if ((hasGroup ? plan.GroupOf(e) : "") is not { } group)
            return;
        var shard = Shards.Of(id);
        var writer = _writers[shard] ??= new();
        writer.Byte((byte)(isRight ? 1 : 0));
        writer.Number(e.TimeMs);
        writer.Number(watermark - e.TimeMs);
        writer.Text(id);
        writer.Text(group);
        if (writer.Length > LongestRecord)
            Send(shard, send);
    }

    /// <summary>Sends everything that there is.</summary>
    public void Send(Action<int, byte[]> send)
    {
        for (var shard = 0; shard < _writers.Length; shard++)
            Send(shard, send);
    }

    /// <summary>Joins the events of a record; answers how many were late.</summary>
    public static int Read(ReadOnlySpan<byte> record, JoinedRows rows)
    {
        var reader = new PackedReader(record);
        var late = 0;
        while (!reader.IsAtEnd)
        {
            var (isRight, time) = (reader.Byte() != 0, reader.Number());
            var watermark = time + reader.Number();
            var touch = new Touch(isRight, reader.Utf8(), reader.Utf8(), time, watermark);
            late += rows.Add(in touch) ? 0 : 1;
        }

        return late;
    }

    private void Send(int shard, Action<int, byte[]> send)
    {
        if (_writers[shard] is not { Length: > 0 } writer)
            return;
        send(shard, writer.Written.ToArray());
        _writers[shard] = null;
    }
}
