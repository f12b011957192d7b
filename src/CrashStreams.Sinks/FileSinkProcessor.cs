using System.Buffers;
using System.Security.Cryptography;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Sinks;

/// <summary>What is being done about a task's rows.</summary>
/// <remarks>
/// <code>
///              decide            commit             storage has it
/// Collecting ----------> Decided -------> Writing ------------------> Collecting
///                                         |     ^
///                          storage fails  v     | some time later
///                                         Waiting
/// </code>
/// A task that finds a decision in its store at its start begins in Waiting: the decision is committed, and whether the file was written is not known.
/// </remarks>
internal enum SinkState
{
    Collecting,
    Decided,
    Writing,
    Waiting,
}

/// <summary>The sink in one task: see docs/decisions/files-exactly-once.md for why each row is in one file.</summary>
internal sealed class FileSinkProcessor<TKey, TRow>(FileSink<TRow> sink) : Processor<TKey, TRow, TKey, TRow>, ICommitListener
{
    // Behind all rows, whose numbers begin at 0.
    private const long RangeKey = -1;
    private const long RetryMs = 1_000;

    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(50);

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly CancellationTokenSource _closing = new();
    private IKeyValueStore<long, byte[]> _store = null!;
    private RowRange _range;
    private SinkState _state;
    private Task _writing = Task.CompletedTask;
    private long _retryAtMs;
    private long _oldestMs;

    public override void Process(in Record<TKey, TRow> record)
    {
        if (!record.HasValue)
            return;
        _buffer.ResetWrittenCount();
        sink.Serde.Serialize(record.Value, _buffer);
        if (_range.Undecided == 0)
            _oldestMs = Context.WallClock;
        _store.Put(_range.Next, _buffer.WrittenSpan.ToArray());
        Save(_range with { Next = _range.Next + 1 });
        sink.AddWaiting(1);
        if (_state == SinkState.Collecting && _range.Undecided >= sink.MaxRows)
            Decide();
    }

    /// <summary>What was decided is durable: from now on every owner of the task will write this file and no other of these rows.</summary>
    public void OnCommitted()
    {
        if (_state == SinkState.Decided)
            Write();
    }

    protected override void Init()
    {
        _store = Context.KeyValueStore<long, byte[]>(sink.Name);
        _range = _store.TryGet(RangeKey, out var bytes) ? RowRange.Read(bytes) : default;
        _state = _range.HasDecided ? SinkState.Waiting : SinkState.Collecting;
        _oldestMs = Context.WallClock;
        sink.AddWaiting(_range.Next - _range.Written);
        Context.Schedule(_tick, PunctuationType.WallClock, Look);
    }

    protected override void Close()
    {
        _closing.Cancel();
        sink.AddWaiting(_range.Written - _range.Next);
    }

    private void Look(long nowMs)
    {
        if (_state == SinkState.Writing && _writing.IsCompleted)
            Conclude(nowMs);
        if (_state == SinkState.Waiting && nowMs >= _retryAtMs)
            Write();
        if (_state == SinkState.Collecting && _range.Undecided > 0 && (_range.Undecided >= sink.MaxRows || nowMs - _oldestMs >= sink.MaxAge.TotalMilliseconds))
            Decide();
    }

    private void Decide()
    {
        Save(_range with { Decided = _range.Decided + Math.Min(_range.Undecided, sink.MaxRows) });
        _oldestMs = Context.WallClock;
        _state = SinkState.Decided;
        Context.RequestCommit();
    }

    private void Write()
    {
        _writing = PutAsync(Files());
        _state = SinkState.Writing;
    }

    private async Task PutAsync(List<(string Name, byte[] Content)> files)
    {
        foreach (var (name, content) in files)
            await sink.Storage.PutAsync(name, content, _closing.Token).ConfigureAwait(false);
    }

    private void Conclude(long nowMs)
    {
        if (!_writing.IsCompletedSuccessfully)
        {
            sink.Report(_writing.Exception?.InnerException?.Message ?? "it did not answer in time");
            (_state, _retryAtMs) = (SinkState.Waiting, nowMs + RetryMs);
            return;
        }

        sink.Report(null);
        sink.AddWaiting(_range.Written - _range.Decided);
        for (var row = _range.Written; row < _range.Decided; row++)
            _store.Delete(row);
        Save(_range with { Written = _range.Decided });
        _state = SinkState.Collecting;
    }

    // The files are a function of the rows and their numbers alone.
    private List<(string Name, byte[] Content)> Files()
    {
        var folders = new SortedDictionary<string, List<TRow>>(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, bytes) in _store.Range(_range.Written, _range.Decided - 1))
        {
            hash.AppendData(bytes);
            var row = sink.Serde.Deserialize(bytes);
            var folder = sink.Folder?.Invoke(row).Trim('/') ?? "";
            if (!folders.TryGetValue(folder, out var rows))
                folders[folder] = rows = [];
            rows.Add(row);
        }

        // With at-least-once, an instance that was taken for dead may give the same numbers to other rows: they must not replace these.
        var content = Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, sizeof(int)));
        var name = $"{Context.ApplicationId}-{sink.Name}-{Context.TaskId.Partition}-{_range.Written:D12}-{_range.Decided - 1:D12}-{content}.{sink.Format.Extension}";
        return folders.Select(folder => (folder.Key.Length == 0 ? name : $"{folder.Key}/{name}", sink.Format.Write(folder.Value))).ToList();
    }

    private void Save(RowRange range)
    {
        _range = range;
        _store.Put(RangeKey, range.ToBytes());
    }
}
