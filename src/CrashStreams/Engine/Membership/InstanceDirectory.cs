using System.Text;
using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Which thread of which instance has which tasks, from a compacted topic that each thread writes its own line of: when it changes, and every few seconds
/// as a sign of life. Advice only: who owns a task is the group's to say. It writes with a producer of its own, outside of all transactions, and
/// whatever goes wrong with it is tried again later.
/// </summary>
internal sealed class InstanceDirectory : IDisposable
{
    /// <summary>How often a member gives a sign of life.</summary>
    public const long BeatMs = 3_000;

    private const long AliveMs = 10_000;
    private const long PollMs = 100;
    private const long ForgottenMs = 600_000;

    // It is only advice: whoever misses a line waits for the session timeout, as without a directory.
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _patienceAtEnd = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly string? _host;
    private readonly TopicPartition _at;
    private readonly Func<ILogProducer> _createProducer;
    private readonly ILogConsumer _consumer;
    private readonly ILogAdmin _admin;
    private readonly ILogger _logger;
    private readonly SortedDictionary<string, Heard> _members = new(StringComparer.Ordinal);
    private ILogProducer? _producer;
    private Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>? _asked;
    private Heard[] _snapshot = [];
    private string _published = "";
    private long _publishedAtMs = long.MinValue / 2;
    private long _polledAtMs = long.MinValue / 2;
    private long _oldEnd = -1;

    public InstanceDirectory(string name, StreamsOptions options, ILogClients clients, ILogAdmin admin, ILogger logger)
    {
        _name = name;
        _host = options.HostInfo;
        _at = new(TopicOf(options.ApplicationId), 0);
        _createProducer = () => clients.CreateProducer($"{name}-instances-producer", null);
        _consumer = clients.CreateRestoreConsumer($"{name}-instances-consumer", readCommitted: false);
        _admin = admin;
        _logger = logger;
    }

    public static TopicSpec Topic(string application) => new(TopicOf(application), 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.ms"] = "600000" });

    /// <summary>How long a thread may wait for records without missing a beat.</summary>
    public static TimeSpan MaxWait => TimeSpan.FromMilliseconds(BeatMs / 3);

    /// <summary>Those that have given a sign of life lately, in the order of their names. Other threads may ask.</summary>
    public IReadOnlyList<Member> Alive(long nowMs) => Volatile.Read(ref _snapshot).Where(h => nowMs - h.AtMs < AliveMs).OrderBy(static h => h.Member.Name, StringComparer.Ordinal).Select(static h => h.Member).ToList();

    /// <summary>The member that has a task, and how far it is; the one heard last when two say so. Other threads may ask.</summary>
    public (Member Member, MemberTask Task)? OwnerOf(TaskId task, long nowMs)
    {
        foreach (var heard in Volatile.Read(ref _snapshot).Where(h => nowMs - h.AtMs < AliveMs).OrderByDescending(static h => h.AtMs))
        {
            foreach (var own in heard.Member.Tasks)
            {
                if (own.Id == task && own.State != MemberTaskState.Standby)
                    return (heard.Member, own);
            }
        }

        return null;
    }

    /// <summary>When a member gave its last sign of life; null when it is not known, or has left.</summary>
    public long? HeardAtMs(string member) => _members.TryGetValue(member, out var heard) ? heard.AtMs : null;

    /// <summary>When this member wrote the last of its own signs of life that has come back to it: whatever others wrote before that is heard.</summary>
    public long CameBackMs { get; private set; } = long.MinValue;

    /// <summary>How often another member has come, has gone or has other tasks than before, as far as was heard.</summary>
    public int Changes { get; private set; }

    /// <summary>Hears the others and tells them what has changed.</summary>
    public void RunOnce(long nowMs, Func<IReadOnlyList<MemberTask>> tasks)
    {
        if (nowMs - _polledAtMs < PollMs)
            return;
        _polledAtMs = nowMs;
        try
        {
            Hear(nowMs, TimeSpan.Zero);
            var now = tasks();
            // Watermarks go with the next beat.
            var news = NewsOf(now);
            if (news == _published && nowMs - _publishedAtMs < BeatMs)
                return;
            Publish(now, news, nowMs);
            Forget(nowMs);
        }
        catch (LogException e)
        {
            Failed(e);
        }
    }

    /// <summary>Hears the others, and waits for them.</summary>
    public void Listen(long nowMs, TimeSpan maxWait)
    {
        try
        {
            Hear(nowMs, maxWait);
        }
        catch (LogException e)
        {
            Failed(e);
        }
    }

    /// <summary>Tells the others now, and waits until it is written.</summary>
    public void Tell(long nowMs, IReadOnlyList<MemberTask> tasks)
    {
        try
        {
            Publish(tasks, NewsOf(tasks), nowMs);
            _producer!.TryFlush(_patience);
        }
        catch (LogException e)
        {
            Failed(e);
        }
    }

    /// <summary>A clean end: nobody has to wait until it is missed.</summary>
    public void Leave(long nowMs)
    {
        try
        {
            Write(_name, null, nowMs);
            _producer!.TryFlush(_patienceAtEnd);
        }
        catch (LogException e)
        {
            Failed(e);
        }
    }

    public void Dispose()
    {
        _consumer.Dispose();
        _producer?.Dispose();
    }

    private static string NewsOf(IReadOnlyList<MemberTask>? tasks) => tasks is null ? "" : string.Join(' ', tasks.Select(static t => $"{t.Id} {t.State}").Append("."));

    private static string TopicOf(string application) => $"{application}-instances";

    private void Hear(long nowMs, TimeSpan maxWait)
    {
        if (_oldEnd < 0 && !Begin())
            return;

        var batch = _consumer.Poll(maxWait);
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            var name = Encoding.UTF8.GetString(record.Key);
            // Of what was there before, only the writer's clock tells the age; what comes now is of now, whatever clocks say.
            var atMs = record.Offset < _oldEnd ? Math.Min(nowMs, record.Timestamp) : nowMs;
            if (name == _name)
                CameBackMs = record.Timestamp;
            var member = record.HasValue ? Member.Parse(name, Encoding.UTF8.GetString(record.Value)) : null;
            if (name != _name && NewsOf(member?.Tasks) != NewsOf(_members.GetValueOrDefault(name).Member?.Tasks))
                Changes++;
            if (member is not null)
                _members[name] = new(member, atMs);
            else
                _members.Remove(name);
        }

        if (batch.Count > 0)
            Volatile.Write(ref _snapshot, [.. _members.Values]);
    }

    // Asks where the topic begins and ends, without waiting for the answer.
    private bool Begin()
    {
        _asked ??= _admin.OffsetsAsync([_at], CancellationToken.None);
        if (!_asked.IsCompleted)
            return false;
        var asked = _asked;
        _asked = null;
        var (start, end) = asked.GetAwaiter().GetResult()[_at];
        _consumer.Assign(new Dictionary<TopicPartition, long> { [_at] = start });
        _oldEnd = end;
        return true;
    }

    private void Publish(IReadOnlyList<MemberTask> tasks, string news, long nowMs)
    {
        if (Write(_name, new Member(_name, _host, tasks).Value, nowMs))
            (_published, _publishedAtMs) = (news, nowMs);
    }

    // What a crash left behind.
    private void Forget(long nowMs)
    {
        foreach (var name in _members.Where(m => nowMs - m.Value.AtMs > ForgottenMs).Select(static m => m.Key).ToList())
        {
            _members.Remove(name);
            Write(name, null, nowMs);
        }
    }

    // What the last time brought is heard of now: nobody waits for an answer.
    private bool Write(string name, string? value, long nowMs)
    {
        _producer ??= _createProducer();
        // The broker is slow or away: what is queued is the news already, and the next beat brings what has come since.
        if (!_producer.TryFlush(TimeSpan.Zero) && value is not null)
            return false;
        _producer.Send(_at.Topic, _at.Partition, new LogRecord
        {
            Key = Encoding.UTF8.GetBytes(name), HasKey = true, Value = value is null ? default : Encoding.UTF8.GetBytes(value), HasValue = value is not null, Timestamp = nowMs,
        });
        return true;
    }

    private void Failed(LogException e)
    {
        _logger.DirectoryBehind(e, _name, e.Message);
        _published = "";
        if (e.OutOfRange is not null)
            _oldEnd = -1;
        if (!e.IsFatal)
            return;
        _producer?.Dispose();
        _producer = null;
    }

    private readonly record struct Heard(Member Member, long AtMs);
}
