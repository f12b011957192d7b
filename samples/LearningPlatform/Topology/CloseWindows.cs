using CrashStreams.Processing;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Brings the sums of all partitions together, and forwards a window's rows when it closes.</summary>
internal sealed class CloseWindows(IReadOnlyList<ViewPlan> plans, string storeName) : Processor<int, byte[], int, ViewRow>, IEmitsAtCommit
{
    private static readonly TimeSpan _everyMove = TimeSpan.FromMilliseconds(1);

    private OpenWindows _windows = null!;
    private WindowStore _store = null!;
    private int _shard;

    public override void Process(in Record<int, byte[]> record)
    {
        _shard = record.Key;
        var missed = _windows.Missed;
        PartialRecords.Read(record.Value, _windows);
        for (; missed < _windows.Missed; missed++)
            Context.Drop("late-after-idle");
    }

    public void EmitPending()
    {
        foreach (var (plan, group) in _windows.Dirty)
        {
            if (group.IsDirty)
                _store.Save(plan, group);
        }

        _windows.Dirty.Clear();
    }

    protected override void Init()
    {
        _windows = new(plans, Context.Watermark);
        _store = new(Context.KeyValueStore<byte[], byte[]>(storeName));
        _store.LoadInto(_windows);
        Context.Schedule(_everyMove, PunctuationType.Watermark, Close);
    }

    private void Close(long watermark) => _windows.Close(
        watermark,
        row => Forward(new Record<int, ViewRow>(_shard, row, row.WindowStart.ToUnixTimeMilliseconds())),
        (plan, group) =>
        {
            group.IsDirty = false;
            _store.Delete(plan, group);
        });
}
