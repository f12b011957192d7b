using CrashStreams.Log;

namespace CrashStreams.Samples.Verification;

/// <summary>Compares the rows of one result with those that an oracle has recomputed.</summary>
/// <param name="what">The result's name.</param>
internal sealed class RowCheck(string what)
{
    private readonly Dictionary<string, bool> _expected = [];
    private readonly Dictionary<string, int> _found = [];

    /// <summary>The result's name.</summary>
    public string What => what;

    public long Found { get; private set; }

    /// <summary>Rows that have to be there: every partition has passed their end.</summary>
    public int Due => _expected.Values.Count(isDue => isDue);

    public bool IsCorrect => !Differences().Any();

    /// <summary>A row that has to be there or, when only some partitions have passed its end, may be.</summary>
    public void Expect(string row, bool isDue) => _expected[row] = isDue;

    public void Find(string row)
    {
        Found++;
        _found[row] = _found.GetValueOrDefault(row) + 1;
    }

    /// <summary>Takes the rows of a topic.</summary>
    public Task FindInTopicAsync(ILogClients clients, string topic, CancellationToken cancellation) =>
        TopicScan.ReadAsync(clients, topic, (TopicPartition _, in LogRecord record) => Find(RowText.OfJson(record.Value)), progress: null, cancellation);

    /// <summary>A line for each kind of difference and row.</summary>
    public IEnumerable<string> Differences()
    {
        foreach (var (row, isDue) in _expected)
        {
            if (isDue && !_found.ContainsKey(row))
                yield return $"missing    {row}";
        }

        foreach (var (row, count) in _found)
        {
            if (!_expected.ContainsKey(row))
                yield return $"unexpected {row}";
            if (count > 1)
                yield return $"{count} times    {row}";
        }
    }

    /// <summary>Tells the result; answers whether it is right.</summary>
    public bool Write(TextWriter output, int rows)
    {
        var differences = Differences().ToList();
        output.WriteLine($"{what}: {Found} rows, {Due} had to be there: {(differences.Count == 0 ? "all right" : $"{differences.Count} DIFFERENCES")}");
        foreach (var difference in differences.Take(rows))
            output.WriteLine($"  {difference}");
        if (differences.Count > rows)
            output.WriteLine($"  and {differences.Count - rows} more");
        return differences.Count == 0;
    }
}
