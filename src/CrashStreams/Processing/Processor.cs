using System.Runtime.CompilerServices;
using CrashStreams.Faults;

namespace CrashStreams.Processing;

/// <summary>
/// An operator: takes records of one type and forwards records of another, at once and in the same thread. Derive from it for
/// <c>KStream.Process</c>; a new instance is made for each task, so fields are safe state for the lifetime of the task
/// (what must survive it belongs into a store).
/// </summary>
public abstract class Processor<TKeyIn, TValueIn, TKeyOut, TValueOut> : Receiver<TKeyIn, TValueIn>, IProcessorLifetime
{
    private Receiver<TKeyOut, TValueOut>[] _children = [];
    private Receiver<TKeyOut, TValueOut>? _only;
    private IOperatorContext? _context;
    private bool _isOwn;

    /// <summary>What the processor may ask of the task that runs it, from <see cref="Init"/> on.</summary>
    /// <exception cref="InvalidOperationException">The processor is being constructed, or was created by nobody but the user: no task runs it.</exception>
    protected IProcessorContext Context => _context
        ?? throw new InvalidOperationException($"{GetType().Name} has no context yet: no task runs it. Override Init and ask for stores and schedules there, not in the constructor.");

    /// <summary>Called once before the first record: look up stores, schedule punctuation.</summary>
    protected virtual void Init()
    {
    }

    /// <summary>Called once after the last record.</summary>
    protected virtual void Close()
    {
    }

    /// <summary>Whether a task has the processor.</summary>
    internal bool IsAttached => _context is not null;

    /// <summary>Places the processor in a task.</summary>
    internal void Attach(IOperatorContext context)
    {
        NodeName = context.Node;
        _context = context;
    }

    void IProcessorLifetime.Init() => Guard(Init, nameof(Init));

    void IProcessorLifetime.Close() => Guard(Close, nameof(Close));

    private void Guard(Action action, string name)
    {
        try
        {
            action();
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            throw new ProcessingException($"{name} of processor '{NodeName}' (task {Context.TaskId}) threw {e.GetType().Name}: {e.Message}", e);
        }
    }

    internal void ConnectTo(Receiver<TKeyOut, TValueOut>[] children)
    {
        _children = children;
        // The library's own operators never leave their thread.
        _isOwn = GetType().Assembly == typeof(IOperatorContext).Assembly;
        _only = _isOwn && children.Length == 1 ? children[0] : null;
    }

    /// <summary>
    /// Hands a record to every operator behind this one, in the order in which they were added. Only within <c>Process</c>, <see cref="Init"/>, <see cref="Close"/> and the callbacks of
    /// <see cref="IProcessorContext.Schedule"/>, in their thread.
    /// </summary>
    /// <exception cref="ProcessingException">Another thread calls, or the call that the record belongs to is over; the application fails with it too.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Forward(in Record<TKeyOut, TValueOut> record)
    {
        if (_only is { } child)
            child.Take(in record);
        else
            ForwardToAll(in record);
    }

    /// <summary>
    /// Forwards a result that waited for event time. One that an operator can't take is handled like any faulty record: it doesn't keep the results behind it from being forwarded.
    /// </summary>
    private protected void ForwardGuarded(in Record<TKeyOut, TValueOut> record) => ForwardGuarded(_children, in record);

    /// <summary>The same, to some of the operators behind this one.</summary>
    private protected void ForwardGuarded(Receiver<TKeyOut, TValueOut>[] receivers, in Record<TKeyOut, TValueOut> record)
    {
        foreach (var receiver in receivers)
        {
            try
            {
                receiver.Take(in record);
            }
            catch (Exception e) when (FaultPolicy.IsOperators(e))
            {
                Skip(e);
            }
        }
    }

    /// <summary>Handles what a user's function threw over a result that waited for event time: returns when the result is to be skipped.</summary>
    private protected void Skip(Exception exception) => _context!.Fault(FaultKind.Processing, exception.GetType().Name, exception);

    /// <summary>Hands a record to the n-th operator behind this one.</summary>
    private protected void ForwardTo(int child, in Record<TKeyOut, TValueOut> record) => _children[child].Take(in record);

    /// <summary>The context with what the library's own operators may ask besides.</summary>
    private protected IOperatorContext Task => _context!;

    private protected TStore Store<TStore>(string name)
        where TStore : class => _context!.Store<TStore>(name);

    private protected void Drop(string reason) => _context!.Drop(reason);

    private void ForwardToAll(in Record<TKeyOut, TValueOut> record)
    {
        if (!_isOwn && _context is { IsInTurn: false } context)
            throw context.Misused(nameof(Forward));
        foreach (var child in _children)
            child.Take(in record);
    }
}

/// <summary>What a task does with every operator, whatever its types.</summary>
internal interface IProcessorLifetime
{
    void Init();

    void Close();
}

/// <summary>An operator that holds results back until the task's clock has passed them.</summary>
internal interface IWatermarkListener
{
    /// <summary>When the first of the windows that are open will close; <see cref="long.MaxValue"/> when none is.</summary>
    long NextClosing { get; }

    /// <summary>The start of the first window that is open; <see cref="long.MaxValue"/> when none is, or another operator tells.</summary>
    long OldestOpenStart { get; }

    /// <summary>The task's clock moved to <paramref name="watermark"/> (milliseconds). Called in topological order.</summary>
    void OnWatermark(long watermark);
}

/// <summary>
/// One that holds results back until the clock is <b>past</b> their instant, because others of that instant may come until then. When all inputs are idle nobody waits for those: windows stay as
/// open as they are, and what has come of the instant goes on.
/// </summary>
internal interface IWaitsForInstant : IWatermarkListener
{
    /// <summary>All inputs are idle, and the clock is at <paramref name="watermark"/> (milliseconds). Called in topological order.</summary>
    void OnIdle(long watermark);
}
