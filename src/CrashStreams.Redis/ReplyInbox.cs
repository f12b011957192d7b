using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>
/// Lets a request wait until its events are in Redis: each is sent with a header, and the sink publishes that it is written in the same atomic step. Nobody polls. A reply is lost with a
/// connection or an instance: give up after a time.
/// </summary>
public sealed class ReplyInbox : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, PendingReplies> _pending = [];
    private readonly ISubscriber _subscriber;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private long _requests;

    /// <summary>Opens the inbox.</summary>
    /// <param name="redis">The Redis that the sink writes to.</param>
    public ReplyInbox(IConnectionMultiplexer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        _subscriber = redis.GetSubscriber();
        _subscriber.Subscribe(RedisChannel.Literal(RedisKeys.Replies(_instance)), (_, texts) =>
        {
            foreach (var text in texts.ToString().Split(Reply.Separator))
                Receive(text);
        });
    }

    /// <summary>A request that is about to send events. Dispose of it when nobody waits any more.</summary>
    /// <param name="events">How many events it has.</param>
    public PendingReplies Expect(int events)
    {
        var pending = new PendingReplies(_instance, Interlocked.Increment(ref _requests), events, id => _pending.TryRemove(id, out _));
        _pending[pending.Id] = pending;
        return pending;
    }

    /// <summary>Closes the inbox.</summary>
    public async ValueTask DisposeAsync() => await _subscriber.UnsubscribeAsync(RedisChannel.Literal(RedisKeys.Replies(_instance))).ConfigureAwait(false);

    private void Receive(string text)
    {
        var slash = text.IndexOf('/');
        if (slash > 0 && long.TryParse(text.AsSpan(0, slash), CultureInfo.InvariantCulture, out var id) && int.TryParse(text.AsSpan(slash + 1), CultureInfo.InvariantCulture, out var index)
            && _pending.TryGetValue(id, out var pending))
            pending.Receive(index);
    }
}

/// <summary>The events of a request, some of which are in Redis.</summary>
public sealed class PendingReplies : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _instance;
    private readonly bool[] _isThere;
    private readonly Action<long> _forget;
    private int _missing;

    internal PendingReplies(string instance, long id, int events, Action<long> forget)
    {
        (_instance, Id, _isThere, _missing, _forget) = (instance, id, new bool[events], events, forget);
        if (events == 0)
            _done.SetResult();
    }

    internal long Id { get; }

    /// <summary>The header that every event is sent with.</summary>
    public static string HeaderName => Reply.Header;

    /// <summary>The header's value for an event.</summary>
    /// <param name="index">The event's index in the request, from 0.</param>
    public byte[] HeaderOf(int index) => Reply.To(_instance, Id, index);

    /// <summary>Completes when all events are in Redis.</summary>
    public Task Completion => _done.Task;

    /// <summary>Nobody waits any more.</summary>
    public void Dispose() => _forget(Id);

    // After a crash an event may be written, and told, again.
    internal void Receive(int index)
    {
        lock (_lock)
        {
            if ((uint)index >= (uint)_isThere.Length || _isThere[index])
                return;
            _isThere[index] = true;
            if (--_missing > 0)
                return;
        }

        _done.TrySetResult();
    }
}
