namespace CrashStreams.Integration.Tests.Operators;

/// <summary>A record of an input topic: a number as text.</summary>
public sealed record Number(string Key, int Value, long TimeMs);

/// <summary>An operator in a topology with two inputs, and what it has to give.</summary>
/// <param name="Name">Names its nodes, stores and result topic.</param>
/// <param name="Build">Declares it.</param>
/// <param name="Expected">Rows of its result topic, worked out from all records of both inputs.</param>
/// <param name="IsTable">Whether only the last row of each key counts.</param>
internal sealed record OperatorCase(
    string Name, Func<OperatorInputs, KStream<string, string>> Build, Func<IReadOnlyList<Number>, IReadOnlyList<Number>, IEnumerable<(string Key, string Value)>> Expected, bool IsTable = false)
{
    /// <summary>The rows as text, in an order.</summary>
    public List<string> Rows(IEnumerable<(string Key, string? Value)> rows)
    {
        if (IsTable)
            rows = rows.GroupBy(static r => r.Key).Select(static g => g.Last());
        return [.. rows.Where(static r => r.Value is not null).Select(static r => $"{r.Key}: {r.Value}").Order(StringComparer.Ordinal)];
    }
}

/// <summary>What operators read, declared once.</summary>
/// <param name="Builder">The builder.</param>
/// <param name="A">The first input.</param>
/// <param name="B">The second input.</param>
/// <param name="TableA">The last value of each key of the first input.</param>
/// <param name="TableB">The last value of each key of the second input.</param>
/// <param name="Global">A row for each key: its name backwards.</param>
internal sealed record OperatorInputs(
    StreamsBuilder Builder, KStream<string, string> A, KStream<string, string> B, KTable<string, string> TableA, KTable<string, string> TableB, GlobalKTable<string, string> Global);
