using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>A predicate as it was drawn: on the key, on a threshold, or on whether the number is odd.</summary>
internal sealed record Condition(char Kind, int Number)
{
    private const int KeyKinds = 3;

    /// <summary>One that a stream with these traits can be filtered by; null when there is none.</summary>
    /// <param name="random">The seed's.</param>
    /// <param name="traits">The stream's or table's.</param>
    /// <param name="isTable">A table's row that stops passing is removed: then what is left in the end is known whatever the condition.</param>
    public static Condition Draw(SimulationRandom random, Traits traits, bool isTable = false)
    {
        var key = new Condition('k', random.Below(KeyKinds));
        var threshold = new Condition('>', random.Between(1, 12));
        if (traits.IsExact || isTable)
            return random.Pick([key, threshold, new('o', 0)]);
        return traits.IsRising ? random.Pick([key, threshold]) : key;
    }

    public bool IsMonotone => Kind != 'o';

    public bool LooksAtValue => Kind != 'k';

    public bool Holds(string? key, string? value) => Holds(key, Item.Parse(value));

    public bool Holds(string? key, long number) => Kind switch
    {
        'k' => (key is null ? 0 : key[^1]) % KeyKinds != Number,
        '>' => number >= Number,
        _ => number % 2 == 1,
    };

    public Traits Behind(Traits traits)
    {
        var changed = LooksAtValue ? traits.Changed(IsMonotone) with { IsRising = traits.IsRising && IsMonotone } : traits;
        return LooksAtValue && changed.Content == Content.Counted ? changed with { Content = Content.Last } : changed;
    }

    public override string ToString() => Kind switch
    {
        'k' => $"key % {KeyKinds} != {Number}",
        '>' => $"value >= {Number}",
        _ => "value is odd",
    };
}

/// <summary>A function of a value as it was drawn.</summary>
internal sealed record Mapping(char Kind, int Number)
{
    public static Mapping Draw(SimulationRandom random) => random.Pick([new Mapping('+', random.Between(1, 5)), new('*', 2), new('%', random.Between(2, 5))]);

    public bool IsMonotone => Kind != '%';

    public long Of(long number) => Kind switch
    {
        '+' => number + Number,
        '*' => number * Number,
        _ => number % Number,
    };

    /// <summary>A tombstone stays one.</summary>
    public string? Of(string? value) => value is null ? null : Item.Text(Of(Item.Parse(value)));

    public override string ToString() => $"value {Kind} {Number}";
}
