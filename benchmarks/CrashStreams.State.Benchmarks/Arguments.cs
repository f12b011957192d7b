namespace CrashStreams.State.Benchmarks;

/// <summary><c>name=value</c> arguments.</summary>
internal sealed class Arguments(IEnumerable<string> args)
{
    private readonly Dictionary<string, string> _values = args.Select(a => a.Split('=', 2)).ToDictionary(p => p[0], p => p.ElementAtOrDefault(1) ?? "");

    public string Text(string name) => _values.GetValueOrDefault(name, "");

    public int Number(string name, int otherwise) => _values.TryGetValue(name, out var text) ? int.Parse(text) : otherwise;
}
