namespace CrashStreams.Tests.Topologies;

/// <summary>SelectKey and Map: another key of each record, made of key and value, or of the key alone where values are not known for certain.</summary>
internal sealed class Rekey : Operator
{
    private readonly bool _isMap;
    private readonly int _keys;

    public Rekey(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _isMap = sketch.Random.Chance(0.5);
        _keys = sketch.Random.Between(1, 6);
        AddOutput(EdgeKind.Stream, input.Traits.Rekeyed());
    }

    public override string Text => $"{(_isMap ? "map" : "select key")}: one of {_keys} keys";

    // Whatever looks at the value of an aggregate gives other keys when records were processed twice.
    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, Repeats: Repeats.Same }) is { } input ? new Rekey(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        dsl.Set(Outputs[0], _isMap ? stream.Map((key, value) => (KeyOf(key, value), value), Name) : stream.SelectKey(KeyOf, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item with { Key = KeyOf(item.Key, item.Value) });

    private string KeyOf(string? key, string? value) => $"r{(Item.Parse(value) + (key is null ? 0 : key[^1])) % _keys}";
}
