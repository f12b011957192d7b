using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>Moves a task's closing clock to where its inputs have come, and lets operators close what it has passed.</summary>
/// <param name="context">What the task's operators share.</param>
/// <param name="inputs">All inputs of the task.</param>
/// <param name="holding">Those that hold the clock.</param>
/// <param name="operators">The task's operators, parents before children.</param>
/// <param name="horizonMs">How far event time has to go beyond a record for all of its windows to close.</param>
/// <param name="punctuate">Calls processors back that wait for the clock; asked after the windows that it closes.</param>
/// <param name="fault">Called with what an operator throws.</param>
internal sealed class TaskEventTime(
    TaskContext context, List<InputPartition> inputs, List<InputPartition> holding, IReadOnlyList<IProcessorLifetime> operators, long horizonMs, Action<long> punctuate, Action<Exception> fault)
{
    private readonly long _closeAfterIdleMs = (long?)context.Options.Time.CloseAfterIdle?.TotalMilliseconds ?? long.MaxValue;
    private readonly long _idleAfterMs = (long)context.Options.Time.IdleAfter.TotalMilliseconds;
    private readonly bool _usesWatermarks = context.Options.Time.Clock == StreamTime.Watermarks;

    // Operators that close something; none with the Observed clock.
    private readonly List<IWatermarkListener> _listeners = context.Options.Time.Clock == StreamTime.Watermarks ? [.. operators.OfType<IWatermarkListener>()] : [];

    // They, and those in front of one that hold results back: parents before children.
    private readonly List<IProcessorLifetime> _inOrder = context.Options.Time.Clock == StreamTime.Watermarks ? Timed(operators) : [];
    private readonly List<IProcessorLifetime> _emitters = [.. operators.Where(static o => o is IEmitsAtCommit)];
    private readonly bool _hasWaiting = context.Options.Time.Clock == StreamTime.Watermarks && operators.Any(static o => o is IWaitsForInstant);
    private long _oldestOpenStart = long.MaxValue;

    /// <summary>Whether all inputs that hold the clock were idle at the last look.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>The start of the oldest open window as of the last turn, <see cref="long.MaxValue"/> when none is; read by collectors of metrics.</summary>
    public long OldestOpenStart => Volatile.Read(ref _oldestOpenStart);

    /// <summary>Looks at the inputs' clocks.</summary>
    public void Advance(long nowMs, Func<InputPartition, bool> isConfirmed)
    {
        if (!_usesWatermarks)
            return;
        foreach (var input in inputs)
        {
            (input.Clock as UpstreamClock)?.UpdateIdleness(nowMs, _idleAfterMs);
            if (input.Clock is not SourceClock source)
                continue;
            source.UpdateIdleness(input.Buffer.Count == 0 && input.IsCaughtUp, isConfirmed(input), nowMs, _idleAfterMs);
            if (source.IsIdle && nowMs - source.LastActivityMs >= _closeAfterIdleMs)
                source.Close(horizonMs);
        }

        var (progress, wasIdle) = (InputPartition.ProgressOf(holding), IsIdle);
        // Inputs that have been silent together wake together, or the first one would take the clock past all that the others are about to say.
        if (wasIdle && !progress.IsIdle)
        {
            foreach (var input in holding)
                input.Clock.Wake(nowMs);
            progress = InputPartition.ProgressOf(holding);
        }

        context.HasChanged |= progress.Floor > context.Clock.Floor;
        IsIdle = progress.IsIdle;
        // What operators hold back until the commit belongs before the windows that the clock closes behind them.
        if (progress.Watermark > context.Clock.Watermark)
            EmitPending(context.Punctuations.HasWatermark ? _emitters : _inOrder);
        var hasMoved = context.Clock.AdvanceTo(in progress);
        if (hasMoved)
        {
            context.Current.Clear();
            context.HasChanged = true;
            CloseWindows(progress.Watermark);
            if (context.Punctuations.HasWatermark)
                EmitPending(_emitters);
            punctuate(progress.Watermark);
        }

        // Before anybody is told of it: who hears that the task is idle waits no longer for what it holds.
        if (_hasWaiting && IsIdle && (!wasIdle || hasMoved) && context.Clock.Watermark != TaskClock.Unknown)
            Release(context.Clock.Watermark);
        Publish();
    }

    // Nothing more is waited for: what has waited for others of its instant goes on, and what has waited for more than that stays.
    private void Release(long watermark)
    {
        context.Current.Clear();
        foreach (var each in _inOrder)
        {
            if (each is IEmitsAtCommit emitter)
                EmitPending(emitter);
            if (each is not IWaitsForInstant waiting)
                continue;
            context.HasChanged |= waiting.NextClosing <= watermark + 1;
            try
            {
                waiting.OnIdle(watermark);
            }
            catch (Exception e) when (FaultPolicy.IsOperators(e))
            {
                fault(e);
            }
        }
    }

    // However far the clock has jumped, windows close as if it had gone step by step: in the order of their closing times over all operators.
    private void CloseWindows(long watermark)
    {
        if (_listeners.Count > 1)
        {
            for (var next = NextClosing(); next < watermark; next = Math.Max(next + 1, NextClosing()))
                NotifyListeners(next);
        }

        NotifyListeners(watermark);
    }

    private long NextClosing()
    {
        var next = long.MaxValue;
        foreach (var listener in _listeners)
            next = Math.Min(next, listener.NextClosing);
        return next;
    }

    private void NotifyListeners(long watermark)
    {
        context.Clock.Close(watermark);
        foreach (var each in _inOrder)
        {
            // What those in front have forwarded at this instant, and an operator between holds back, is due at this instant too.
            if (each is not IWatermarkListener listener)
            {
                EmitPending((IEmitsAtCommit)each);
                continue;
            }

            try
            {
                listener.OnWatermark(watermark);
            }
            catch (Exception e) when (FaultPolicy.IsOperators(e))
            {
                fault(e);
            }
        }
    }

    private void EmitPending(List<IProcessorLifetime> among)
    {
        foreach (var each in among)
        {
            if (each is IEmitsAtCommit emitter)
                EmitPending(emitter);
        }
    }

    private void EmitPending(IEmitsAtCommit emitter)
    {
        try
        {
            context.Current.Clear();
            emitter.EmitPending();
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            fault(e);
        }
    }

    private static List<IProcessorLifetime> Timed(IReadOnlyList<IProcessorLifetime> operators)
    {
        var last = operators.Count - 1;
        while (last >= 0 && operators[last] is not IWatermarkListener)
            last--;
        return [.. operators.Take(last + 1).Where(static o => o is IWatermarkListener or IEmitsAtCommit)];
    }

    private void Publish()
    {
        foreach (var input in inputs)
            context.HasChanged |= input.Publish();
        var oldest = long.MaxValue;
        foreach (var listener in _listeners)
            oldest = Math.Min(oldest, listener.OldestOpenStart);
        Volatile.Write(ref _oldestOpenStart, oldest);
    }
}
