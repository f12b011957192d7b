namespace CrashStreams.Broker.Apis;

/// <summary>
/// Lets the steps of a request wait for work that ends in a later turn of the loop: a step begins it and yields null, and the next step is taken when the work has ended.
/// </summary>
internal sealed class StepWaits
{
    private Action? _resume;
    private int _unfinished;

    /// <summary>Whether the next step has to wait.</summary>
    public bool MustWait => _unfinished > 0;

    /// <summary>Begins work whose result is there at once or later.</summary>
    /// <param name="begin">Is given what to call with the result, in the loop.</param>
    public Awaited<T> For<T>(Action<Action<T>> begin)
    {
        var awaited = new Awaited<T>();
        _unfinished++;
        begin(result =>
        {
            awaited.Result = result;
            if (--_unfinished > 0)
                return;
            var resume = _resume;
            _resume = null;
            resume?.Invoke();
        });
        return awaited;
    }

    /// <summary>Has an action called when everything has ended.</summary>
    public void Then(Action resume) => _resume = resume;
}

/// <summary>A result that is there when the step after the one that asked for it is taken.</summary>
internal sealed class Awaited<T>
{
    public T Result { get; set; } = default!;
}
