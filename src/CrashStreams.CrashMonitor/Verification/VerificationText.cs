namespace CrashStreams.CrashMonitor;

/// <summary>Prints what a verification found: figures first, then the first rows of each kind of complaint.</summary>
public static class VerificationText
{
    /// <summary>Writes the summary.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="comparison">What was found.</param>
    /// <param name="rows">How many rows of each kind.</param>
    public static void Write(TextWriter output, AlertComparison comparison, int rows = 10)
    {
        var expected = comparison.Expected;
        output.WriteLine($"Input     {expected.Records:N0} records, {expected.Matching:N0} severe crashes, {expected.Late:N0} of them late{(expected.Correcting > 0 ? $", {expected.Correcting:N0} correcting" : "")}, {expected.Future:N0} from the future");
        if (expected.Malformed.Count > 0)
            output.WriteLine($"Malformed {string.Join(", ", expected.Malformed.Select(reason => $"{reason.Value:N0} {reason.Key}"))}");
        output.WriteLine($"Alerts    {comparison.Found:N0} found, {expected.Due.Count:N0} have to be there, {expected.Possible.Count:N0} more may be{(comparison.Corrections > 0 ? $"; {comparison.Corrections:N0} are corrections of {expected.DueCorrections.Count + expected.PossibleCorrections.Count:N0} rows" : "")}");
        Write(output, "missing", comparison.Missing, rows);
        Write(output, "wrong", comparison.Wrong, rows);
        Write(output, "extra", comparison.Extra, rows);
        Write(output, "duplicate", comparison.Duplicate, rows);
        if (comparison.Unreadable.Count > 0)
            Write(output, "unreadable", comparison.Unreadable, rows);
        output.WriteLine(comparison switch
        {
            { Expected.Records: 0 } => "NOT verified: there are no records in the input.",
            { IsCorrect: true } => "Verified: every alert is right.",
            _ => "NOT verified: the alerts do not match the input.",
        });
    }

    private static void Write(TextWriter output, string kind, IReadOnlyList<string> found, int rows)
    {
        output.WriteLine($"{kind,-9} {found.Count:N0}");
        foreach (var row in found.Take(rows))
            output.WriteLine($"            {row}");
        if (found.Count > rows)
            output.WriteLine($"            and {found.Count - rows:N0} more");
    }
}
