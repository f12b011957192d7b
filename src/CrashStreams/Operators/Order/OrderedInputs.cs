namespace CrashStreams.Operators;

/// <summary>One of the inputs of an operator that looks at the order of event time.</summary>
internal interface IOrderedInput
{
    /// <summary>Which of the operator's inputs it is: decides between records that have one place.</summary>
    int Number { get; }

    /// <summary>The place of the first record that waits, as it stands in the store; empty when none does. Valid until the input changes.</summary>
    ReadOnlySpan<byte> FirstPlace { get; }

    /// <summary>Forwards the first record that waits, if its <c>w</c> is below a time.</summary>
    bool TryForwardFirst(long before);
}

/// <summary>
/// The inputs of one task whose records one store folds, whatever their types are: what waits in all of them is forwarded in one order, as if it were one stream. An operator of its own for each
/// input would forward all records of an instant that one input has, and then those of the next.
/// </summary>
internal sealed class OrderedInputs
{
    private readonly List<IOrderedInput> _inputs = [];
    private int _reached;

    public void Add(IOrderedInput input)
    {
        _inputs.Add(input);
        _inputs.Sort(static (a, b) => a.Number.CompareTo(b.Number));
    }

    /// <summary>The clock has come to a time, and one of the inputs has all that comes before it. The last one forwards what waits in all of them.</summary>
    public void Reach(long before)
    {
        if (++_reached < _inputs.Count)
            return;
        _reached = 0;
        while (First().TryForwardFirst(before))
        {
        }
    }

    private IOrderedInput First()
    {
        var first = _inputs[0];
        for (var i = 1; i < _inputs.Count; i++)
        {
            var place = _inputs[i].FirstPlace;
            if (!place.IsEmpty && (first.FirstPlace.IsEmpty || place.SequenceCompareTo(first.FirstPlace) < 0))
                first = _inputs[i];
        }

        return first;
    }
}
