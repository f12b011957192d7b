using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>
/// Makes another value of each record by a call that takes its time, several at once. Results are forwarded in the task's thread, with the time and the watermark of their record. A commit, and a
/// window that closes behind, wait for the calls that are under way: committed positions cover what is done and nothing else.
/// </summary>
internal sealed class MapAsync<TKey, TValue, TNewValue>(Func<TKey, TValue, CancellationToken, Task<TNewValue>> map, AsyncCalls calls, Serde<TKey>? keySerde)
    : Processor<TKey, TValue, TKey, TNewValue>, IEmitsAtCommit
{
    private readonly List<AsyncCall<TKey, TValue, TNewValue>> _underWay = [];
    private readonly HashSet<SerializedKey> _heldBack = [];
    private readonly ByteBuffer _key = new();

    public override void Process(in Record<TKey, TValue> record)
    {
        var (origin, time, watermark) = (Task.Current.Keep(), Task.Clock.RecordTime, Task.Clock.RecordWatermark);
        EmitDone();
        while (_underWay.Count >= calls.MaxConcurrency)
        {
            WaitForOne();
            EmitDone();
        }

        Task.Current.Restore(origin, hasWaited: false);
        Task.Clock.Resume(time, watermark);
        var cancellation = record.ValueCannotBeShown ? null : new CancellationTokenSource();
        _underWay.Add(new(record, KeyOf(in record), origin, time, watermark, cancellation is null ? null : Call(in record, cancellation.Token), cancellation));
    }

    public void EmitPending()
    {
        for (EmitDone(); _underWay.Count > 0; EmitDone())
            Task.Clock.Wait(_underWay[0].Result!);

        Task.Current.Clear();
    }

    protected override void Close()
    {
        foreach (var call in _underWay)
            Cancel(call);
        _underWay.Clear();
    }

    private Task<TNewValue> Call(in Record<TKey, TValue> record, CancellationToken cancellation)
    {
        try
        {
            var call = map(record.Key, record.Value, cancellation) ?? throw new InvalidOperationException($"The function of '{NodeName}' returned null instead of a task: return Task.FromResult for a value that is there already.");
            return call.WaitAsync(calls.Timeout, Task.Clock.Provider, CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return System.Threading.Tasks.Task.FromException<TNewValue>(e);
        }
    }

    // Those that are done are held back by one that is not; it may be done by now as well.
    private void WaitForOne()
    {
        var waiting = _underWay.FindAll(static c => !c.IsDone);
        if (waiting.Count > 0)
            Task.Clock.Wait(System.Threading.Tasks.Task.WhenAny(waiting.Select(static c => c.Result!)));
    }

    // The first of a key that is not done holds back those behind it.
    private void EmitDone()
    {
        if (!_underWay.Exists(static c => c.IsDone))
            return;
        _heldBack.Clear();
        for (var i = 0; i < _underWay.Count;)
        {
            var call = _underWay[i];
            if (!call.IsDone && call.Key is { } waiting)
                _heldBack.Add(waiting);
            if (!call.IsDone || (call.Key is { } key && _heldBack.Contains(key)))
            {
                i++;
                continue;
            }

            _underWay.RemoveAt(i);
            Emit(call);
        }
    }

    private void Emit(AsyncCall<TKey, TValue, TNewValue> call)
    {
        Task.Current.Restore(call.Origin, hasWaited: true);
        Task.Current.IsUnordered = true;
        Task.Clock.Resume(call.RecordTime, call.RecordWatermark);
        try
        {
            // What stands beside the call has had the record already: nobody behind it goes without because another one fails.
            ForwardGuarded(call.Result is null ? call.Record.WithoutValue<TNewValue>() : call.Record.WithValue(call.Result.GetAwaiter().GetResult()));
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            // One that took too long may still be under way.
            Cancel(call);
            Task.Fault(FaultKind.Processing, e.GetType().Name, e);
        }
        finally
        {
            call.Cancellation?.Dispose();
        }
    }

    private static void Cancel(AsyncCall<TKey, TValue, TNewValue> call)
    {
        try
        {
            call.Cancellation?.Cancel();
        }
        catch (AggregateException)
        {
            // What a callback of the user's throws when it is cancelled says nothing of the record, whose fault is known.
        }
    }

    private SerializedKey? KeyOf(in Record<TKey, TValue> record)
    {
        if (calls.Order != AsyncOrder.PerKey || !record.HasKey)
            return null;
        _key.Clear();
        keySerde!.Serialize(record.Key, _key);
        return new(_key.Written.ToArray());
    }
}
