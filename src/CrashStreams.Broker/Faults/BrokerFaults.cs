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

    /// <summary>Takes back all faults that were ordered and have not happened yet.</summary>
    public void Clear()
    {
        lock (_lock)
            _ordered.Clear();
    }

    /// <summary>Does to a request what was ordered for it; false when nothing was.</summary>
    internal bool Intercept(ApiEndpoint endpoint, object body, RequestContext context, Timers timers, Action<Action<IResponse?>> handle, Action<IResponse?> complete)
    {
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
