namespace CrashStreams.Tests.Topologies;

/// <summary>ToStream: the updates of a table; of a windowed one under the key alone, or under a text of key and window.</summary>
internal sealed class TableRows : Operator
{
    private readonly EdgeKind _kind;
    private readonly bool _keepsWindow;

    public TableRows(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _kind = input.Kind;
        // Rows of a key's windows are interleaved as it comes.
        _keepsWindow = _kind == EdgeKind.WindowedTable && (!input.Traits.IsExact || sketch.Random.Chance(0.5));
        AddOutput(EdgeKind.Stream, _kind == EdgeKind.Table ? input.Traits : input.Traits.Rekeyed() with { IsKeyed = _keepsWindow && input.Traits.IsKeyed });
    }

    public override string Text => _kind == EdgeKind.Table ? "to stream" : $"to stream by key{(_keepsWindow ? " and window" : "")}";

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(sketch.Random.Pick([EdgeKind.Table, EdgeKind.WindowedTable])) is { } input ? new TableRows(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        // A tombstone of a number is a tombstone of its text.
        if (_kind == EdgeKind.Table)
            dsl.Set(Outputs[0], dsl.Table(Inputs[0]).ToStream(Name).ProcessValues(static () => new ToText<string>(), name: $"{Name}-text"));
        else
            dsl.Set(Outputs[0], dsl.WindowedTable(Inputs[0]).ToStream(Name).ProcessValues(static () => new ToText<Windowed<string>>(), name: $"{Name}-text")
                .SelectKey((key, _) => KeyOf(key.Key, key.Window), $"{Name}-key"));
    }

    public override void Take(Ideal run, int input, int partition, Item item) =>
        run.Emit(Outputs[0], partition, item.Window is { } window ? item with { Key = KeyOf(item.Key!, window), Window = null } : item);

    private string KeyOf(string key, Window window) => _keepsWindow ? $"{key}@{window.StartMs}" : key;

    private sealed class ToText<TKey> : Processing.Processor<TKey, long, TKey, string?>
    {
        public override void Process(in Record<TKey, long> record) =>
            Forward(record.WithValue(record.HasValue ? Item.Text(record.Value) : null));
    }
}
