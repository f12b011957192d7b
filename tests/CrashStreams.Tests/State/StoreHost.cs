using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Time;

namespace CrashStreams.Tests.State;

/// <summary>What is below a store.</summary>
public enum Backing
{
    Memory,
    Engine,
    RocksDb,
}

/// <summary>A store's surroundings: what is below it, a changelog, commits that succeed, and lives that end.</summary>
internal sealed class StoreHost<TStore> : IChangelogWriter, IDisposable
    where TStore : class, IStateStore
{
    private readonly Backing _backing;
    private readonly Func<StoreContext, TStore> _create;
    private readonly List<RawRecord> _changelog = [];
    private readonly string? _directory;
    private IStateStorage? _storage;
    private int _committed;
    private (long StreamTime, long Watermark, long Floor) _committedTimes = (TaskClock.Unknown, TaskClock.Unknown, TaskClock.Unknown);

    public StoreHost(Backing backing, Func<StoreContext, TStore> create, StreamTime clock = StreamTime.Watermarks, IEnumerable<RawRecord>? changelog = null)
    {
        _changelog.AddRange(changelog ?? []);
        _committed = _changelog.Count;
        (_backing, _create) = (backing, create);
        Clock = new(clock, TimeProvider.System);
        _directory = backing == Backing.RocksDb ? Directory.CreateTempSubdirectory("crashstreams-store-").FullName : null;
        _storage = OpenStorage();
        Store = Open();
    }

    public TStore Store { get; private set; }

    public TaskClock Clock { get; private set; }

    /// <summary>The changelog's records as text: key = value @timestamp.</summary>
    public IEnumerable<string> Changelog => _changelog.Select(r =>
        $"{Convert.ToHexStringLower(r.Key!)} = {(r.Value is null ? "null" : Convert.ToHexStringLower(r.Value))} @{(r.Timestamp < 0 ? "null" : r.Timestamp)}");

    public IReadOnlyList<RawRecord> Records => _changelog;

    public void Commit()
    {
        Store.Flush(this);
        Store.Engine?.Write(_changelog.Count, 0);
        _committed = _changelog.Count;
        _committedTimes = (Clock.StreamTime, Clock.Watermark, Clock.Floor);
    }

    /// <summary>Keeps the last record of each key, as a broker does sooner or later, of what was committed.</summary>
    public void Compact()
    {
        var kept = _changelog.Take(_committed).GroupBy(static r => Convert.ToHexString(r.Key!)).Select(static g => g.Last()).Where(static r => r.Value is not null).OrderBy(static r => r.Offset).ToList();
        _changelog.RemoveRange(0, _committed);
        _changelog.InsertRange(0, kept);
        _committed = kept.Count;
    }

    /// <summary>Ends the store and opens it again, with what was committed.</summary>
    /// <param name="isCrash">Whether the engine may have lost what it had not flushed.</param>
    public void Restart(bool isCrash)
    {
        _changelog.RemoveRange(_committed, _changelog.Count - _committed);
        if (!isCrash)
            Store.Engine?.Flush();
        if (isCrash && _storage is MemoryStateStorage memory)
            memory.Crash(static most => most);
        else
            Store.Engine?.Dispose();
        if (_backing == Backing.RocksDb)
        {
            _storage!.Dispose();
            _storage = OpenStorage();
        }

        var clock = new TaskClock(Clock.Mode, TimeProvider.System);
        clock.Restore(_committedTimes.StreamTime, _committedTimes.Watermark, _committedTimes.Floor, OperatorTimes.None);
        Clock = clock;
        Store = Open();
    }

    /// <summary>Whether the log takes a value.</summary>
    public Predicate<byte[]?> Takes { get; set; } = static _ => true;

    public List<Exception> Refused { get; } = [];

    public bool Append(IStateStore store, in LogRecord record)
    {
        var value = record.HasValue ? record.Value.ToArray() : null;
        if (!Takes(value))
            return false;
        _changelog.Add(new(0, _changelog.Count, record.HasKey ? record.Key.ToArray() : null, value, record.Timestamp, record.Headers));
        return true;
    }

    public void Refuse(IStateStore store, Exception exception) => Refused.Add(exception);

    public void Dispose()
    {
        Store.Engine?.Dispose();
        _storage?.Dispose();
        if (_directory is not null)
            Directory.Delete(_directory, recursive: true);
    }

    private IStateStorage? OpenStorage() => _backing switch
    {
        Backing.Memory => null,
        Backing.Engine => new MemoryStateStorage(),
        _ => new RocksDbState(new() { Directory = _directory!, MemoryBudgetBytes = 16 << 20 }),
    };

    private TStore Open()
    {
        var store = _create(new("changelog", Clock));
        var from = 0;
        if (_storage is not null)
        {
            _storage.TryLock("app", "0_0");
            store.Attach(new(_storage.Open("app", "0_0", "s"), "s", store.Kind!));
            from = (int)Math.Max(0, store.Engine!.Position);
        }

        foreach (var record in _changelog.Skip(from))
        {
            store.Restore(new LogRecord
            {
                Key = record.Key, HasKey = true, Value = record.Value, HasValue = record.Value is not null, Timestamp = record.Timestamp, Headers = record.Headers,
            });
        }

        store.Engine?.Write(_changelog.Count, 0);
        store.Restored();
        return store;
    }
}
