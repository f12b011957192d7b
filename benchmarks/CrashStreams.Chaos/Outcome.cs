using CrashStreams.CrashMonitor;
using CrashStreams.Log;

namespace CrashStreams.Chaos;

/// <summary>Input and alerts compared. Exactly-once: row by row. At-least-once: no crash is lost, but replays may count some twice.</summary>
internal sealed class Outcome(ILogClients clients, CrashMonitorOptions options)
{
    private ExpectedAlerts? _all;

    public string Summary { get; private set; } = "nothing was looked at yet";

    /// <summary>Whether every alert that has to be there is.</summary>
    public async Task<bool> IsCompleteAsync()
    {
        var expected = await ExpectedAsync();
        var found = await FoundAsync();
        var missing = Due(expected).Count(due => found.GetValueOrDefault(due.Key) < due.Value);
        Summary = $"{expected.Records:N0} lines, {Due(expected).Count():N0} alerts due, {found.Count:N0} found, {missing:N0} missing";
        return missing == 0;
    }

    /// <summary>What is wrong at the end.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync()
    {
        if (!await IsCompleteAsync() || options.Guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            var comparison = await new AlertVerifier(clients, options).VerifyAsync(null, null, CancellationToken.None);
            Summary = $"{comparison.Expected.Due.Count:N0} alerts due, {comparison.Found:N0} found, {comparison.Missing.Count:N0} missing, {comparison.Wrong.Count:N0} wrong, {comparison.Extra.Count:N0} extra, {comparison.Duplicate.Count:N0} duplicate";
            if (options.Guarantee == ProcessingGuarantee.ExactlyOnce)
                return [.. Named("missing", comparison.Missing), .. Named("wrong", comparison.Wrong), .. Named("extra", comparison.Extra), .. Named("duplicate", comparison.Duplicate), .. comparison.Unreadable];
        }

        var expected = await ExpectedAsync();
        var found = await FoundAsync();
        return
        [
            .. Due(expected).Where(due => found.GetValueOrDefault(due.Key) < due.Value).Select(due => $"lost: {due.Key} {due.Value}, found {found.GetValueOrDefault(due.Key)}"),
            .. found.Keys.Where(key => !expected.Due.ContainsKey(key) && !expected.Possible.ContainsKey(key)).Select(key => $"made up: {key} {found[key]}"),
        ];
    }

    private static IEnumerable<string> Named(string kind, IEnumerable<string> rows) => rows.Select(row => $"{kind}: {row}");

    private IEnumerable<KeyValuePair<AlertKey, long>> Due(ExpectedAlerts expected) => expected.Due.Where(due => due.Value > options.Threshold);

    // Every count, not only those above the threshold: a replay may lift any of them above it. The input doesn't change any more.
    private async Task<ExpectedAlerts> ExpectedAsync()
    {
        if (_all is not null)
            return _all;
        var oracle = new AlertOracle(options with { Threshold = 0 });
        await TopicScan.ReadAsync(clients, options.InputTopic, Add, null, CancellationToken.None);
        return _all = oracle.Finish();

        void Add(TopicPartition partition, in LogRecord record) => oracle.Add(partition.Partition, record.Value);
    }

    /// <summary>The highest count of each row.</summary>
    private async Task<Dictionary<AlertKey, long>> FoundAsync()
    {
        var found = new Dictionary<AlertKey, long>();
        await TopicScan.ReadAsync(clients, options.AlertTopic, Add, null, CancellationToken.None);
        return found;

        void Add(TopicPartition partition, in LogRecord record)
        {
            if (!CrashAlertSerde.Instance.TryDeserialize(record.Value, out var alert, out _))
                return;
            var key = new AlertKey(alert.IntervalStart.ToUnixTimeMilliseconds(), alert.IntervalEnd.ToUnixTimeMilliseconds(), alert.UserId);
            found[key] = Math.Max(found.GetValueOrDefault(key), alert.CrashCount);
        }
    }
}
