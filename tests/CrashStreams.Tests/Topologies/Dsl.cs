namespace CrashStreams.Tests.Topologies;

/// <summary>A topology while it is built with the DSL: what stands for each edge.</summary>
/// <param name="rewrites">How it is simplified.</param>
internal sealed class Dsl(TopologyRewrites rewrites)
{
    private readonly Dictionary<Edge, object> _built = new(ReferenceEqualityComparer.Instance);

    public StreamsBuilder Builder { get; } = new(rewrites);

    /// <summary>A planted fault: operators of this class do nothing, or another thing.</summary>
    public Type? Faulty { get; init; }

    /// <summary>Whether an operator is to be built wrong.</summary>
    public bool IsFaulty(Operator built) => built.GetType() == Faulty;

    /// <summary>Lets virtual time go by inside of an operator, milliseconds.</summary>
    public required Action<int> Spend { get; init; }

    /// <summary>Is done when so many milliseconds of virtual time have passed.</summary>
    public required Func<int, Task> Delay { get; init; }

    public KStream<string, string?> Stream(Edge edge) => (KStream<string, string?>)_built[edge];

    public KTable<string, long> Table(Edge edge) => (KTable<string, long>)_built[edge];

    public KTable<Windowed<string>, long> WindowedTable(Edge edge) => (KTable<Windowed<string>, long>)_built[edge];

    public object Built(Edge edge) => _built[edge];

    public void Set(Edge edge, object built) => _built[edge] = built;
}
