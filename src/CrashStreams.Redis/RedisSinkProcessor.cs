using CrashStreams.Processing;
using CrashStreams.Stores;
using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>
/// The sink in one task. Entries are sent before each commit; its store knows them all, for a Redis that has lost some. Redis writes them while the commit goes on, those of all tasks side by side,
/// and its answer is taken with the next one: what it has not taken then is sent again.
/// </summary>
internal sealed class RedisSinkProcessor<TKey>(RedisSink sink) : Processor<TKey, RedisEntry, TKey, RedisEntry>, IEmitsAtCommit
{
    // Beside the entries, of which none is without a hash.
    private static readonly (string Hash, string Field) _positionKey = ("", "");

    // While Redis is away: beyond so many changed fields all are written when it is back.
    private const int MaxWaiting = 100_000;

    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private Dictionary<(string Hash, string Field), string?> _changed = [];
    private List<(string Channel, string Text)> _replies = [];
    private IKeyValueStore<(string Hash, string Field), string> _store = null!;
    private RedisPosition _position;
    private Sent? _sent;
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

    /// <summary>Before a commit: what the commit covers is on its way to Redis then, or is sent with the next one.</summary>
    public void EmitPending()
    {
        if (_sent is { } sent)
            Settle(sent);
        if (!_isDue)
            return;
        _store.Put(_positionKey, _position.ToString());
        Send();
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

    /// <summary>What was sent is there when the task is somebody else's; what was not taken is in the store, and written by whoever goes on.</summary>
    protected override void Close()
    {
        if (_sent is { } sent)
            Settle(sent);
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

    private void Send()
    {
        var entries = _writesAll ? All() : [.. _changed.Select(static c => new RedisEntry(c.Key.Hash, c.Key.Field, c.Value))];
        var answer = RedisScript.RunAsync(sink.Connection.GetDatabase(), sink.Name, Context.TaskId.Partition, _position, _written, _writesAll, entries, _replies);
        _sent = new(answer, _position.Offset, _writesAll, _changed, _replies);
        (_changed, _replies, _writesAll, _isDue) = ([], [], false, false);
    }

    private void Settle(Sent sent)
    {
        _sent = null;
        try
        {
            if (sent.Answer.GetAwaiter().GetResult())
                _written = sent.Offset;
            else
                Restore(sent, hasLostAll: true);
            sink.Report(null);
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException or TimeoutException)
        {
            Restore(sent, hasLostAll: false);
            sink.Report(e.Message);
        }
    }

    // It was not written, or nobody knows whether: it is sent with what has changed since.
    private void Restore(Sent sent, bool hasLostAll)
    {
        foreach (var (key, value) in sent.Changed)
            _changed.TryAdd(key, value);
        sent.Replies.AddRange(_replies);
        (_replies, _isDue) = (sent.Replies, true);
        _writesAll |= hasLostAll || sent.WasAll || _changed.Count >= MaxWaiting;
    }

    private List<RedisEntry> All() => [.. _store.All().Where(static stored => stored.Key != _positionKey).Select(static stored => new RedisEntry(stored.Key.Hash, stored.Key.Field, stored.Value))];

    /// <summary>What Redis has been sent and has not answered yet.</summary>
    private sealed record Sent(Task<bool> Answer, long Offset, bool WasAll, Dictionary<(string Hash, string Field), string?> Changed, List<(string Channel, string Text)> Replies);
}
