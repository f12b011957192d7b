using System.Globalization;
using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Reports transactions that have been open for long in what the application reads, or that hold its group's offsets: records behind them, and the committed positions in them, are told to
/// nobody until they end. A broker ends them when their own timeout is over (15 min at most by default); one that is still open then hangs, which Apache Kafka leaves behind when it is
/// killed in the wrong moment, and only an administrator ends it.
/// </summary>
internal sealed class StuckTransactions(ApplicationContext application, StatusBoard status)
{
    private const string Part = "transactions";
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(20);

    private readonly TimeSpan _after = application.Options.StuckAfter;
    private readonly TransactionAges _ages = new();

    public async Task RunAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        List<string> inputs = [.. application.Topology.SourceTopics, .. application.RepartitionTopics];
        while (true)
        {
            await Task.Delay(_after < _longestPause ? _after : _longestPause, application.Time, cancellation).ConfigureAwait(false);
            try
            {
                Report(await admin.OpenTransactionsAsync(application.Options.ApplicationId, inputs, cancellation).ConfigureAwait(false));
            }
            catch (LogException)
            {
                // It is only advice: the next look may be answered.
            }
        }
    }

    private void Report(IReadOnlyList<OpenTransaction> open)
    {
        var stuck = _ages.OpenFor(_after, open, application.Time.GetUtcNow()).OrderBy(static t => t.Transaction.Partition).ToList();
        if (stuck.Count == 0)
        {
            status.Clear(Part);
            return;
        }

        var text = string.Join("; ", stuck.Take(3).Select(Describe));
        status.Report(Part, ApplicationActivity.Blocked, stuck.Count > 3 ? $"{text}; and {stuck.Count - 3} more" : text);
    }

    private string Describe((OpenTransaction Transaction, DateTimeOffset Since) stuck)
    {
        var (transaction, since) = stuck;
        var at = transaction.Partition;
        return string.Create(CultureInfo.InvariantCulture,
            $"{at} waits for producer {transaction.ProducerId} (epoch {transaction.ProducerEpoch}), whose transaction is open from offset {transaction.StartOffset} on, since {since:yyyy-MM-dd HH:mm:ss}Z or longer. ")
            + "If its timeout is over it hangs; this ends it: "
            + $"kafka-transactions.sh --bootstrap-server {application.Clients.Address ?? "HOST:PORT"} abort --topic {at.Topic} --partition {at.Partition} --start-offset {transaction.StartOffset}";
    }
}
