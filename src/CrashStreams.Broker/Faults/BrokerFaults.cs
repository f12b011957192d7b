using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Faults;

/// <summary>Faults that a test orders: what is to happen to the n-th request of an API from now on.</summary>
public sealed class BrokerFaults
{
    private readonly Lock _lock = new(); // tests order faults on their own threads, the loop meets them
    private readonly List<Fault> _ordered = [];
    private readonly MovedCoordinators _moved = new();
    private volatile bool _isDown; // from the request that a crash was ordered for until the broker is back

    /// <summary>What the disk does.</summary>
    public DiskFaults Disk { get; } = new();

    /// <summary>How the broker ends as by <c>kill -9</c>, and how it comes back.</summary>
    internal Func<Task> Crash { get; set; } = () => Task.CompletedTask;

    internal Func<Task> Restart { get; set; } = () => Task.CompletedTask;

    /// <summary>Holds requests back before they are handled.</summary>
    /// <param name="api">The API to meet.</param>
    /// <param name="delay">How long, by the broker's clock.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <param name="count">How many from that one on.</param>
    public void Delay(ApiKey api, TimeSpan delay, int nth = 1, int count = 1) => Order(new Fault(api, FaultKind.Delay, nth, count) { Delay = delay });

    /// <summary>Answers requests with an error, and does nothing else for them.</summary>
    /// <param name="api">The API to meet: one of the records, group and transaction APIs.</param>
    /// <param name="error">The error in the answer.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <param name="count">How many from that one on.</param>
    public void Fail(ApiKey api, ErrorCode error, int nth = 1, int count = 1) => Order(new Fault(api, FaultKind.Fail, nth, count) { Error = error });

    /// <summary>Ignores requests: they are neither handled nor answered.</summary>
    /// <param name="api">The API to meet.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <param name="count">How many from that one on.</param>
    public void Drop(ApiKey api, int nth = 1, int count = 1) => Order(new Fault(api, FaultKind.Drop, nth, count));

    /// <summary>Handles requests but closes the connection instead of answering: the client can't know what became of them.</summary>
    /// <param name="api">The API to meet.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <param name="count">How many from that one on.</param>
    public void LoseAnswer(ApiKey api, int nth = 1, int count = 1) => Order(new Fault(api, FaultKind.LoseAnswer, nth, count));

    /// <summary>Closes the connection when a request arrives, without handling it.</summary>
    /// <param name="api">The API to meet.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <param name="count">How many from that one on.</param>
    public void Disconnect(ApiKey api, int nth = 1, int count = 1) => Order(new Fault(api, FaultKind.Disconnect, nth, count));

    /// <summary>Refuses a group's requests with NOT_COORDINATOR until a client has asked again where its coordinator is.</summary>
    /// <param name="groupId">The group.</param>
    public void MoveGroupCoordinator(string groupId) => _moved.Move(groupId, isGroup: true);

    /// <summary>Refuses a transactional producer's requests with NOT_COORDINATOR until a client has asked again where its coordinator is.</summary>
    /// <param name="transactionalId">The producer's transactional id.</param>
    public void MoveTransactionCoordinator(string transactionalId) => _moved.Move(transactionalId, isGroup: false);

    /// <summary>Ends the broker as <c>kill -9</c> would when a request arrives, and starts it again on the same port and data.</summary>
    /// <param name="api">The API to meet.</param>
    /// <param name="isHandled">Whether the request has its effects before; it isn't answered either way.</param>
    /// <param name="nth">Which request from now on; 1 is the next.</param>
    /// <returns>Completes when the broker is back.</returns>
    public Task CrashAndRestart(ApiKey api, bool isHandled, int nth = 1)
    {
        var fault = new Fault(api, FaultKind.Crash, nth, count: 1) { IsHandled = isHandled };
        Order(fault);
        return fault.IsBack.Task;
    }

    /// <summary>Takes back all faults that were ordered and have not happened yet; the disk is as it should be.</summary>
    public void Clear()
    {
        lock (_lock)
            _ordered.Clear();
        _moved.Clear();
        Disk.Free();
        Disk.Resume();
    }

    /// <summary>Does to a request what was ordered for it; false when nothing was.</summary>
    internal bool Intercept(ApiEndpoint endpoint, object body, RequestContext context, Timers timers, Action<Action<IResponse?>> handle, Action<IResponse?> complete)
    {
        if (_isDown)
        {
            complete(null);
            return true;
        }
        if (_moved.Refuses(body))
        {
            complete(Refusal.Of(body, context.Version, ErrorCode.NotCoordinator));
            return true;
        }
        if (_ordered.Count == 0 || Next(endpoint.Api.Key) is not { } fault)
            return false;
        switch (fault.Kind)
        {
            case FaultKind.Delay:
                timers.Schedule(timers.NowMs + (long)fault.Delay.TotalMilliseconds, () => handle(complete));
                break;
            case FaultKind.Fail:
                complete(Refusal.Of(body, context.Version, fault.Error));
                break;
            case FaultKind.LoseAnswer:
                handle(_ => { });
                context.Session.Close();
                complete(null);
                break;
            case FaultKind.Crash:
                _isDown = true;
                if (fault.IsHandled)
                    handle(_ => { });
                complete(null);
                _ = Task.Run(() => CrashAndRestartAsync(fault.IsBack));
                break;
            case FaultKind.Disconnect:
                context.Session.Close();
                complete(null);
                break;
            default:
                complete(null);
                break;
        }
        return true;
    }

    private async Task CrashAndRestartAsync(TaskCompletionSource isBack)
    {
        try
        {
            await Crash().ConfigureAwait(false);
            _isDown = false;
            await Restart().ConfigureAwait(false);
            isBack.SetResult();
        }
        catch (Exception error)
        {
            isBack.SetException(error);
        }
    }

    private void Order(Fault fault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fault.Nth, 1, "nth");
        ArgumentOutOfRangeException.ThrowIfLessThan(fault.Count, 1, "count");
        if (fault.Kind == FaultKind.Fail && !Refusal.Supports(fault.Api))
            throw new ArgumentException($"{fault.Api} can't be failed: its answer has no single place for an error.");
        lock (_lock)
            _ordered.Add(fault);
    }

    /// <summary>Counts a request against all faults of its API; the first that is due happens.</summary>
    private Fault? Next(ApiKey api)
    {
        lock (_lock)
        {
            Fault? due = null;
            foreach (var fault in _ordered.Where(fault => fault.Api == api).ToList())
            {
                if (fault.Nth > 1)
                {
                    fault.Nth--;
                    continue;
                }
                if (due is not null)
                    continue;
                due = fault;
                if (--fault.Count == 0)
                    _ordered.Remove(fault);
            }
            return due;
        }
    }
}
