using System.Reflection;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>What may be drawn: switches for what the engine is known not to do yet.</summary>
internal sealed record SketchOptions
{
    /// <summary>Merges of inputs with unlike numbers of partitions.</summary>
    public bool HasUnequalMerges { get; init; }

    /// <summary>Operators that take virtual time.</summary>
    public bool HasSlowOperators { get; init; }
}

/// <summary>A topology while it is drawn: operators that read what operators before them give, until nothing is left without a sink.</summary>
internal sealed class Sketch(SimulationRandom random, SketchOptions options)
{
    private const int MostShuffles = 3;

    private static readonly IReadOnlyList<Func<Sketch, Operator?>> _draws = typeof(Operator).Assembly.GetTypes()
        .Where(static t => t.IsSubclassOf(typeof(Operator)) && t.GetMethod("Draw", BindingFlags.Public | BindingFlags.Static) is not null)
        .OrderBy(static t => t.Name, StringComparer.Ordinal)
        .Select(static t => t.GetMethod("Draw", BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<Func<Sketch, Operator?>>())
        .ToList();

    private readonly List<Operator> _operators = [];
    private int _nextId;

    public SimulationRandom Random => random;

    public SketchOptions Options => options;

    public IReadOnlyList<Operator> Operators => _operators;

    /// <summary>How the topology is simplified.</summary>
    public TopologyRewrites Rewrites { get; } = random.Pick([TopologyRewrites.None, TopologyRewrites.All]);

    public int NextId() => _nextId++;

    /// <summary>Adds an operator that another one needs, and answers its output.</summary>
    public Edge Add(Operator needed)
    {
        _operators.Add(needed);
        return needed.Outputs[0];
    }

    public static Description Draw(SimulationRandom random, SketchOptions options)
    {
        var sketch = new Sketch(random, options);
        for (var (i, sources) = (0, random.Pick([1, 1, 2, 3])); i < sources; i++)
            sketch._operators.Add(new Source(sketch));
        for (var (i, steps) = (0, random.Between(2, 9)); i < steps; i++)
        {
            if (random.Pick(_draws)(sketch) is { } drawn)
                sketch._operators.Add(drawn);
        }

        foreach (var end in sketch.Ends().Where(static e => e.Kind == EdgeKind.GroupedTable).ToList())
            sketch._operators.Add(new TableFold(sketch, end));
        // What a table or window gives reaches a topic as a stream.
        foreach (var end in sketch.Ends().Where(static e => e.Kind != EdgeKind.Stream).ToList())
            sketch._operators.Add(end.Kind == EdgeKind.Table || random.Chance(0.5) ? new TableRows(sketch, end) : new WindowedSink(sketch, end));
        foreach (var end in sketch.Ends().ToList())
            sketch._operators.Add(new Sink(sketch, end));
        return new(sketch._operators, sketch.Rewrites);
    }

    /// <summary>Two inputs that are merged and shuffled, put into order, and folded in ways that depend on the order.</summary>
    public static Description OrderSensitive(SimulationRandom random, int partitions, IReadOnlyList<FoldKind> folds)
    {
        var sketch = new Sketch(random, new());
        var merged = sketch.Add(new Merge(sketch, sketch.Add(new Source(sketch, partitions)), sketch.Add(new Source(sketch, partitions))));
        var ordered = sketch.Add(new InEventTimeOrder(sketch, sketch.Add(new Repartition(sketch, sketch.Add(new Rekey(sketch, merged))))));
        foreach (var kind in folds)
            sketch._operators.Add(new Sink(sketch, sketch.Add(new TableRows(sketch, sketch.Add(new Aggregate(sketch, ordered, new(kind, NewKeys: 0, IsShuffled: false)))))));
        if (!folds.Contains(FoldKind.Running))
            return new(sketch._operators);
        var windows = WindowAggregate.DrawWindows(sketch, isFinal: true);
        sketch._operators.Add(new WindowedSink(sketch, sketch.Add(new WindowAggregate(sketch, ordered, new(FoldKind.Running, NewKeys: 0, IsShuffled: false), windows))));
        return new(sketch._operators);
    }

    /// <summary>An edge of a kind that satisfies a condition; those that nobody reads yet are preferred. Null when there is none.</summary>
    public Edge? Pick(EdgeKind kind, Func<Traits, bool>? fits = null, Func<Edge, bool>? and = null)
    {
        var fitting = _operators.SelectMany(static o => o.Outputs).Where(e => e.Kind == kind && fits?.Invoke(e.Traits) != false && and?.Invoke(e) != false).ToList();
        if (fitting.Count == 0)
            return null;
        var open = fitting.Where(e => !IsRead(e)).ToList();
        return random.Pick(open.Count > 0 && random.Chance(0.8) ? open : fitting);
    }

    /// <summary>Whether an operator that shuffles may follow: the hops of a run are limited.</summary>
    public static bool MayShuffle(Traits traits) => traits.Shuffles < MostShuffles;

    /// <summary>Whether an operator reads an edge already.</summary>
    public bool IsRead(Edge edge) => _operators.Exists(o => o.Inputs.Contains(edge));

    private IEnumerable<Edge> Ends() => _operators.SelectMany(static o => o.Outputs).Where(e => !IsRead(e));
}
