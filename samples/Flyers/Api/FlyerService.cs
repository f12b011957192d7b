using CrashStreams.Log;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;
using StackExchange.Redis;

namespace CrashStreams.Samples.Flyers.Api;

/// <summary>What the requests do, and whether they can: a probe goes the way of an event, from the topic to Redis, once a second.</summary>
internal sealed class FlyerService(FlyerOptions options, EventWriter writer, IConnectionMultiplexer redis, [FromKeyedServices(FlyerService.Application)] ILogClients clients, ILogger<FlyerService> logger) : BackgroundService
{
    public const string Application = "flyers";

    private static readonly TimeSpan _probeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _probePatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private volatile string? _fault = "starting";
    private ReplyInbox? _inbox;
    private Results? _results;

    /// <summary>Why nothing works; null while everything does.</summary>
    public string? Fault => _fault;

    /// <summary>What Redis holds.</summary>
    /// <exception cref="UnavailableException">Something is away.</exception>
    public Results Results => _fault is { } fault ? throw new UnavailableException(fault) : _results!;

    /// <summary>Takes events: all or none.</summary>
    /// <param name="events">The events.</param>
    /// <param name="waits">Whether to wait until they are in the results, not only in the topic.</param>
    /// <param name="cancellation">The client has gone.</param>
    /// <exception cref="UnavailableException">Something is away; the message says whether the events were taken.</exception>
    public async Task TakeAsync(IReadOnlyList<FlyerEvent> events, bool waits, CancellationToken cancellation)
    {
        if (_fault is { } fault)
            throw new UnavailableException(fault);
        if (events.Count == 0)
            return;
        using var replies = waits ? _inbox!.Expect(events.Count) : null;
        await writer.WriteAsync(events, replies, cancellation);
        if (replies is null)
            return;
        try
        {
            await replies.Completion.WaitAsync(_patience, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new UnavailableException("The events are taken; that they are in the results was not heard in time.", e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(_probeInterval);
        do
        {
            var fault = await ProbeAsync(stoppingToken);
            if (fault != _fault)
                logger.LogInformation("{State}", fault is null ? "Works end to end." : $"Does not work: {fault}");
            _fault = fault;
        }
        while (await ticks.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<string?> ProbeAsync(CancellationToken cancellation)
    {
        try
        {
            if (writer.Fault is { } fault)
                return fault;
            _results ??= await ConnectAsync(cancellation);
            _inbox ??= new(redis);
            using var reply = _inbox.Expect(1);
            await writer.WriteAsync([null], reply, cancellation).WaitAsync(_probePatience, cancellation);
            await ComesThroughAsync(reply, _results, cancellation);
            await _results.UserAsync("");
            return null;
        }
        catch (TimeoutException)
        {
            return redis.IsConnected ? "an event does not come through to Redis" : "Redis is away";
        }
        catch (Exception e) when (e is RedisException or LogException or UnavailableException or RedisIncompleteException)
        {
            return e is RedisException ? $"Redis: {e.Message.Split('\n')[0]}" : e.Message;
        }
    }

    // Behind many events a probe takes its time: while positions move, what was posted comes through.
    private async Task ComesThroughAsync(PendingReplies reply, Results results, CancellationToken cancellation)
    {
        var before = await results.PositionsAsync();
        while (await Task.WhenAny(reply.Completion, Task.Delay(_probePatience, TimeProvider.System, cancellation)) != reply.Completion)
        {
            cancellation.ThrowIfCancellationRequested();
            var now = await results.PositionsAsync();
            if (writer.Fault is { } fault)
                throw new UnavailableException(fault);
            if (now.SequenceEqual(before))
                throw new TimeoutException();
            before = now;
        }
    }

    private async Task<Results> ConnectAsync(CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin($"{options.ApplicationId}-api");
        var counts = await admin.PartitionCountsAsync([options.Events], cancellation);
        if (!counts.TryGetValue(options.Events, out var partitions))
            throw new UnavailableException($"there is no topic '{options.Events}': create it with flyers topics create");
        return new(new(redis, Topology.FlyerTopology.SinkName(options), partitions));
    }
}
