using System.Diagnostics.Metrics;
using CrashStreams.Broker.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker;

/// <summary>Every loss of stored data that was found since the start, each logged and counted.</summary>
internal sealed partial class StorageLosses(ILogger log)
{
    private static readonly Meter _meter = new(EmbeddedBroker.Name);

    private static readonly Counter<long> _count = _meter.CreateCounter<long>(
        "crashstreams.broker.storage.losses", unit: "{loss}", description: "Damaged or missing places in the stored data, by log.");

    private static readonly Counter<long> _bytes = _meter.CreateCounter<long>(
        "crashstreams.broker.storage.lost_bytes", unit: "By", description: "Bytes that were cut off, are missing or can't be trusted, by log.");

    private readonly List<StorageLoss> _all = [];

    public IReadOnlyList<StorageLoss> All => _all;

    /// <summary>Takes the damage of one log.</summary>
    public Action<LogDamage> Of(string name) => damage => Add(name, damage);

    public void Add(string name, in LogDamage damage)
    {
        var loss = new StorageLoss(name, damage.File, damage.Position, damage.FromOffset, damage.Records, damage.Bytes, damage.Problem);
        _all.Add(loss);
        _count.Add(1, new KeyValuePair<string, object?>("log", name));
        _bytes.Add(loss.Bytes, new KeyValuePair<string, object?>("log", name));
        LogLoss(loss.Log, loss.Problem, loss.File, loss.Position, loss.FromOffset, loss.Records, loss.Bytes);
    }

    [LoggerMessage(LogLevel.Warning, "Data loss in {LogName}: {Problem} ({File}, byte {Position}; from offset {FromOffset}, at least {Records} records, {Bytes} bytes).")]
    private partial void LogLoss(string logName, string problem, string file, long position, long fromOffset, long records, long bytes);
}
