using CrashStreams.Processing;
using CrashStreams.Stores;
using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>The sink in one task. Entries are written before each commit; its store knows them all, for a Redis that has lost some.</summary>
internal sealed class RedisSinkProcessor<TKey>(RedisSink sink) : Processor<TKey, RedisEntry, TKey, RedisEntry>, IEmitsAtCommit
{
    // Beside the entries, of which none is without a hash.
    private static readonly (string Hash, string Field) _positionKey = ("", "");

    // While Redis is away: beyond so many changed fields all are written when it is back.
    private const int MaxWaiting = 100_000;

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Hash, string Field), string?> _changed = [];
    private readonly List<(string Channel, string Text)> _replies = [];
    private IKeyValueStore<(string Hash, string Field), string> _store = null!;
    private RedisPosition _position;
    private long _written = -2;
    private bool _isDue;
    private bool _writesAll;

    public override void Process(in Record<TKey, RedisEntry> record)
    {
        if (record.Headers is { } headers && Reply.Of(headers) is { } reply)
            _replies.Add(reply);
        if (record.HasValue && record.Value.Hash.Length > 0)
            Take(record.Value);
        _position = _position with { Offset = Context.Offset };
        _isDue = true;
    }

    /// <summary>Before a commit: what the commit covers is in Redis then, or is written with the next one.</summary>
    public void EmitPending()
    {
        if (!_isDue)
            return;
        _store.Put(_positionKey, _position.ToString());
        try
        {
            Write();
            sink.Report(null);
            _isDue = false;
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException or TimeoutException)
        {
            sink.Report(e.Message);
        }
    }

    protected override void Init()
    {
        _store = Context.KeyValueStore<(string, string), string>(sink.Name);
        _position = _store.TryGet(_positionKey, out var text) ? RedisPosition.Parse(text) : RedisPosition.Begin();
        // What Redis has is not known yet; it has to have at least what the store has.
        (_written, _isDue) = (_position.Offset < 0 ? -2 : _position.Offset, true);
        // Also while nothing comes: a Redis that was started again may have lost something.
        Context.Schedule(_look, PunctuationType.WallClock, _ => _isDue = true);
        Context.RequestCommit();
    }

    private void Take(in RedisEntry entry)
    {
        var key = (entry.Hash, entry.Field);
        if (entry.Value is null)
            _store.Delete(key);
        else
            _store.Put(key, entry.Value);
        if (_changed.Count < MaxWaiting)
            _changed[key] = entry.Value;
        else
            _writesAll = true;
    }

    private void Write()
    {
        var database = sink.Connection.GetDatabase();
        if (!_writesAll && !Run(database, replacesAll: false, [.. _changed.Select(static c => new RedisEntry(c.Key.Hash, c.Key.Field, c.Value))]))
            _writesAll = true;
        if (_writesAll)
            Run(database, replacesAll: true, All());
        (_written, _writesAll) = (_position.Offset, false);
        _changed.Clear();
        _replies.Clear();
    }

    private bool Run(IDatabase database, bool replacesAll, List<RedisEntry> entries) =>
        RedisScript.Run(database, sink.Name, Context.TaskId.Partition, _position, _written, replacesAll, entries, _replies);

    private List<RedisEntry> All() => [.. _store.All().Where(static stored => stored.Key != _positionKey).Select(static stored => new RedisEntry(stored.Key.Hash, stored.Key.Field, stored.Value))];
}
