using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Joins events by their ids, adds the joined rows up, and sends the sums with each commit, to the shards of their groups.</summary>
internal sealed class JoinTouches(ViewPlan plan, string storeName) : Processor<int, byte[], int, byte[]>, IEmitsAtCommit
{
    private readonly JoinedRows _rows = new(plan);
    private readonly PartialRecords _records = new();
    private IKeyValueStore<byte[], byte[]> _store = null!;

    public override void Process(in Record<int, byte[]> record)
    {
        for (var late = TouchRecords.Read(record.Value, _rows); late > 0; late--)
            Context.Drop("late");
    }

    public void EmitPending()
    {
        _rows.Expire(Context.Watermark, _store);
        _rows.Save(_store);
        var time = Context.StreamTime;
        _records.Write(_rows.Rows, (shard, bytes) => Forward(new Record<int, byte[]>(shard, bytes, time)));
    }

    protected override void Init()
    {
        _store = Context.KeyValueStore<byte[], byte[]>(storeName);
        _rows.Load(_store);
    }
}
