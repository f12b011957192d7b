namespace CrashStreams.Tests.Topologies;

/// <summary>DistinctWithin, by key or by key and value: the first in the order of the ideal run is kept.</summary>
internal sealed class DistinctWithin : Operator
{
    private readonly int _spanMs;
    private readonly bool _byValue;

    private DistinctWithin(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        (_spanMs, _byValue) = (sketch.Random.Pick([1, 2_000, 20_000, 200_000]), sketch.Random.Chance(0.5));
        AddOutput(EdgeKind.Stream, input.Traits with { IsOrdered = true, Repeats = Repeats.Anything });
    }

    public override string Text => $"distinct {(_byValue ? "keys and values" : "keys")} within {_spanMs} ms";

    public override bool HasStore => true;

    public override bool LooksAtPositions => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsCoPartitioned: true, IsRekeyed: false }) is { } input ? new DistinctWithin(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var (stream, span) = (dsl.Stream(Inputs[0]), TimeSpan.FromMilliseconds(_spanMs));
        dsl.Set(Outputs[0], _byValue ? stream.DistinctWithin(static (key, value) => $"{key}/{value}", span, name: Name) : stream.DistinctWithin(span, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.ReadAtMs + 1);
        run.State<Seen>(this, partition).Waiting.Add(item);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<Seen>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in InEventTimeOrder.TakeDue(state.Waiting, tick).Where(static i => i.Key is not null))
            {
                var id = _byValue ? $"{item.Key}/{item.Value}" : item.Key!;
                if (item.TimeMs + _spanMs <= item.ReadAtMs)
                    run.Miss(this, 0, item, item.TimeMs);
                else if (!state.Kept.Exists(k => k.Id == id && Math.Abs(k.TimeMs - item.TimeMs) < _spanMs))
                    Keep(run, state, partition, id, item);
            }
        }
    }

    private void Keep(Ideal run, Seen state, int partition, string id, Item item)
    {
        state.Kept.Add((id, item.TimeMs));
        run.Resume(() => run.Emit(Outputs[0], partition, item));
    }

    private sealed class Seen
    {
        public List<Item> Waiting { get; } = [];

        public List<(string Id, long TimeMs)> Kept { get; } = [];
    }
}
