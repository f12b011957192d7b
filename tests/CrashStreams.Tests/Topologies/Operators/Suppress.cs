namespace CrashStreams.Tests.Topologies;

/// <summary>Suppress until windows close: right behind an aggregation, where the window store is the buffer, or behind a filter, where it has one of its own.</summary>
internal sealed class Suppress : Operator
{
    private readonly Windows _windows;

    private Suppress(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _windows = input.Windows!;
        AddOutput(EdgeKind.WindowedTable, WindowAggregate.Final(input.Traits) with { Content = Content.Exact, IsTimed = true }, _windows with { IsFinal = true });
    }

    public override string Text => "suppress until the window closes";

    public override bool HasStore => true;

    public override bool HoldsResults => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.WindowedTable, null, static e => e is { Windows.IsFinal: false }) is { } input ? new Suppress(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.WindowedTable(Inputs[0]).Suppress(Suppressed.UntilWindowCloses(), Name));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.Window!.Value.EndMs + _windows.GraceMs);
        run.State<SortedDictionary<(long EndMs, string Key), Item>>(this, partition)[(item.Window.Value.EndMs, item.Key!)] = item;
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<SortedDictionary<(long EndMs, string Key), Item>>(this))
        {
            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var (at, last) in state.Where(s => s.Key.EndMs + _windows.GraceMs == tick).ToList())
            {
                state.Remove(at);
                if (last.Value is not null)
                    run.Emit(Outputs[0], partition, last with { ReadAtMs = tick - 1, Origin = new(null, HasBytes: false), Position = null });
            }
        }
    }
}
