namespace CrashStreams.Tests.Topologies;

/// <summary>
/// An operator of a random topology. One class in one file says all that the proof needs of it:
/// <list type="number">
/// <item><c>public static Operator? Draw(Sketch sketch)</c>: picks inputs and parameters at random; null when no edge fits.</item>
/// <item>The constructor adds outputs, with the traits that hold behind the operator.</item>
/// <item><see cref="Build"/> makes it with the real DSL.</item>
/// <item><see cref="Take"/> and <see cref="Tick"/> are its rule in the ideal run: naive, and nothing of the engine.</item>
/// </list>
/// Classes are found by reflection, and <c>CoverageTests</c> fails while a public method of the DSL is called by none of them. State belongs to a run
/// (<see cref="Ideal.State{T}"/>), never to the operator: one description is built and interpreted many times.
/// </summary>
internal abstract class Operator
{
    private readonly List<Edge> _outputs = [];

    protected Operator(Sketch sketch, params IReadOnlyList<Edge> inputs)
    {
        Id = sketch.NextId();
        Inputs = inputs;
    }

    public int Id { get; }

    /// <summary>Names the operator's node, store and topics.</summary>
    public string Name => $"n{Id}";

    public IReadOnlyList<Edge> Inputs { get; }

    public IReadOnlyList<Edge> Outputs => _outputs;

    /// <summary>What it does, in a few words.</summary>
    public abstract string Text { get; }

    /// <summary>Whether its input goes through a repartition topic: the operator itself belongs to the tasks behind it.</summary>
    public virtual bool IsBehindShuffle => false;

    /// <summary>Of a repartition topic that says so itself: the number of partitions.</summary>
    public virtual int? Partitions => null;

    /// <summary>Whether an input stays in its own tasks, and reaches the operator by topics in both directions.</summary>
    public virtual bool IsRemote(int input) => false;

    /// <summary>Whether it has a store, or waits for a time: what comes together in it has to be in the same tasks.</summary>
    public virtual bool HasStore => false;

    /// <summary>Whether it holds results until the clock has come to a time that lies behind its last record: then an input that is silent keeps them from coming.</summary>
    public virtual bool HoldsResults => false;

    /// <summary>Topics that it reads, with their numbers of partitions.</summary>
    public virtual IReadOnlyDictionary<string, int> SourceTopics => new Dictionary<string, int>();

    /// <summary>Topics that are complete before anything runs and take no part in event time.</summary>
    public virtual IReadOnlyDictionary<string, int> StaticTopics => new Dictionary<string, int>();

    /// <summary>Whether its input is put in order by where records were read: what reaches it takes that along.</summary>
    public virtual bool LooksAtPositions => false;

    /// <summary>The nodes under whose names late records are told, one for each input.</summary>
    public virtual IReadOnlyList<string> LateNodes => [Name];

    /// <summary>Whether <see cref="Build"/> plants a fault of its own; others are left out when they are to be faulty, if what goes in can also come out.</summary>
    public virtual bool HasOwnFault => false;

    /// <summary>Makes the operator with the DSL and sets its outputs.</summary>
    public abstract void Build(Dsl dsl);

    /// <summary>In front of a shuffle: gives a record the key by which it is brought to its partition.</summary>
    public virtual Item Rekey(Item item) => item;

    /// <summary>A record arrives, in the order of the ideal run.</summary>
    public abstract void Take(Ideal run, int input, int partition, Item item);

    /// <summary>The clock of the ideal run has come to a tick that somebody asked for.</summary>
    public virtual void Tick(Ideal run, long tick)
    {
    }

    /// <summary>What is in its changelog when all is done; null: it has none.</summary>
    public virtual StoreContents? Contents(Ideal run) => null;

    protected Edge AddOutput(EdgeKind kind, Traits traits, Windows? windows = null)
    {
        var edge = new Edge(this, _outputs.Count, kind, traits) { Windows = windows };
        _outputs.Add(edge);
        return edge;
    }
}

/// <summary>Rows that a store has to hold at the end: by partition, key, and start of window (-1 without).</summary>
/// <param name="Of">The operator, whose name is the store's.</param>
/// <param name="IsWindowed">Whether its keys have windows.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Traits">What holds of the fold that fills it.</param>
internal sealed record StoreContents(Operator Of, bool IsWindowed, IReadOnlyDictionary<(int Partition, string Key, long StartMs), string> Rows, Traits Traits)
{
    public string Name => Of.Name;
}
