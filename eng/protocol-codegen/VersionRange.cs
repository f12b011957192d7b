namespace ProtocolCodegen;

/// <summary>A range of message versions as the schemas write it: <c>none</c>, <c>3</c>, <c>3-5</c> or <c>3+</c>.</summary>
internal readonly record struct VersionRange(int First, int Last)
{
    public static readonly VersionRange None = new(0, -1);

    public bool IsEmpty => Last < First;

    public static VersionRange Parse(string? text)
    {
        if (text is null or "none")
            return None;
        if (text.EndsWith('+'))
            return new(int.Parse(text[..^1]), int.MaxValue);
        var dash = text.IndexOf('-');
        return dash < 0 ? new(int.Parse(text), int.Parse(text)) : new(int.Parse(text[..dash]), int.Parse(text[(dash + 1)..]));
    }

    public bool Covers(VersionRange other) => other.IsEmpty || (First <= other.First && Last >= other.Last);

    public VersionRange Intersect(VersionRange other) => new(Math.Max(First, other.First), Math.Min(Last, other.Last));

    /// <summary>The C# condition that holds for versions in this range, given that the version is within <paramref name="valid"/>.</summary>
    public string Condition(VersionRange valid)
    {
        var within = Intersect(valid);
        if (within.IsEmpty)
            return "false";
        if (within == valid)
            return "true";
        if (within.First == within.Last)
            return $"version == {within.First}";
        if (within.First == valid.First)
            return $"version <= {within.Last}";
        return within.Last == valid.Last ? $"version >= {within.First}" : $"version is >= {within.First} and <= {within.Last}";
    }

    public override string ToString() =>
        IsEmpty ? "none" : Last == int.MaxValue ? $"{First}+" : First == Last ? $"{First}" : $"{First}-{Last}";
}
