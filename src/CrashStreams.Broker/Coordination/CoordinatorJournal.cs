using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Coordination;

/// <summary>Takes in one record of a journal at the start.</summary>
internal delegate void JournalReplay(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone);

/// <summary>A coordinator's journal: a compacted log of its own, which clients can't see.</summary>
internal sealed class CoordinatorJournal(IStorage storage, string name, LogConfig defaults, ITimerQueue timers, Action<LogDamage> damaged) : IJournal
{
    public const string Folder = "journals";
    public const string Groups = "groups";
    public const string Transactions = "transactions";

    public static readonly IReadOnlyList<string> All = [Groups, Transactions];

    private const int SegmentBytes = 16 * 1024 * 1024; // small, so that compaction keeps up and a replay stays short

    private readonly RecordBatchBuilder _builder = new();

    public PartitionLog Log { get; } =
        PartitionLog.OpenJournal(storage, $"{Folder}/{name}", defaults with { Compact = true, Delete = false, SegmentBytes = SegmentBytes },
            storage.Directories(Folder).Contains(name) ? damaged : null);

    public bool TryAppend(ReadOnlySpan<JournalEntry> entries)
    {
        var nowMs = timers.NowMs;
        _builder.Reset();
        foreach (var entry in entries)
            _builder.Append(nowMs, entry.Key, entry.Value);
        return Log.AppendPrepared(_builder.Build(), new AppendOptions { NowMs = nowMs }).Error == ErrorCode.None;
    }

    public void Replay(JournalReplay replay) => Log.VisitBatches(Log.LogStartOffset, batch =>
    {
        if (!BatchContent.TryOpen(batch, out var content))
            throw new InvalidDataException($"The journal {name} has a batch at offset {batch.BaseOffset} that can't be read.");
        using var opened = content;
        foreach (var record in content.Records)
            Replay(replay, record, batch.BaseOffset + record.OffsetDelta);
        return true;
    });

    private void Replay(JournalReplay replay, in RecordView record, long offset)
    {
        try
        {
            replay(record.Key, record.Value, !record.HasValue);
        }
        catch (Exception unreadable) when (unreadable is IOException or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"The journal {name} has a record at offset {offset} that can't be read: {unreadable.Message}", unreadable);
        }
    }
}
