using CrashStreams.Processing;
using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Sends the sides of a join with each commit, to the shards of their ids.</summary>
internal sealed class SendTouches(ViewPlan plan) : Processor<byte[], LearningEvent, int, byte[]>, IEmitsAtCommit
{
    private readonly TouchRecords _records = new(plan);
    private Action<int, byte[]> _send = null!;

    public override void Process(in Record<byte[], LearningEvent> record) => _records.Add(record.Value, Context.StreamTime, _send);

    public void EmitPending() => _records.Send(_send);

    protected override void Init() => _send = Send;

    private void Send(int shard, byte[] bytes) => Forward(new Record<int, byte[]>(shard, bytes, Context.StreamTime));
}
