namespace CrashStreams.Testing.Simulation;

/// <summary>What happened in a run, as a hash: two runs with the same one took the same steps. The lines are kept on demand only.</summary>
internal sealed class Trace(bool keepsLines)
{
    private const ulong Prime = 0x100000001B3;

    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    public bool KeepsLines => keepsLines;

    public long Events { get; private set; }

    public List<string> Lines { get; } = [];

    /// <summary>FNV-1a over the event's characters and numbers.</summary>
    public void Add(long nowMs, int instance, string what, long a = 0, long b = 0)
    {
        Events++;
        Mix((ulong)nowMs);
        Mix((ulong)instance);
        foreach (var c in what)
            Mix(c);
        Mix((ulong)a);
        Mix((ulong)b);
        if (keepsLines)
            Lines.Add($"{nowMs,8} i{instance} {what} {a} {b}");
    }

    private void Mix(ulong value)
    {
        for (; value > 0xFF; value >>= 8)
            Hash = (Hash ^ (value & 0xFF)) * Prime;
        Hash = (Hash ^ value) * Prime;
    }
}
