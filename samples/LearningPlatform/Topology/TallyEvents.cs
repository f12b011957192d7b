using CrashStreams.Processing;
using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Adds events up where they are read, and sends the sums with each commit, to the shards of their groups.</summary>
internal sealed class TallyEvents(IReadOnlyList<ViewPlan> plans) : Processor<byte[], LearningEvent, int, byte[]>, IEmitsAtCommit
{
    /// <summary>What is held back between two commits: some 20 MB.</summary>
    private const int MostHeld = 200_000;

    private readonly PartialTallies _tallies = new(plans);
    private readonly PartialRecords _records = new();

    public override void Process(in Record<byte[], LearningEvent> record)
    {
        // The task reads one partition: its stream time is the highest event time of that.
        for (var late = _tallies.Add(record.Value, Context.StreamTime); late > 0; late--)
            Context.Drop("late");
        if (_tallies.Size > MostHeld)
            EmitPending();
    }

    public void EmitPending()
    {
        var time = Context.StreamTime;
        _records.Write(_tallies, (shard, bytes) => Forward(new Record<int, byte[]>(shard, bytes, time)));
    }
}
