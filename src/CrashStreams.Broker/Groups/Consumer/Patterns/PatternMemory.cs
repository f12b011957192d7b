namespace CrashStreams.Broker.Groups.Consumer.Patterns;

/// <summary>What comparing needs besides pattern and name, to be used again for the next name.</summary>
internal sealed class PatternMemory
{
    private int[] _visitedAt = []; // of each state: the last place where it was entered
    private int _place;

    /// <summary>The states before the character.</summary>
    public List<int> Before { get; private set; } = [];

    /// <summary>The states behind it.</summary>
    public List<int> Now { get; private set; } = [];

    /// <summary>States that are still to be entered.</summary>
    public Stack<int> Open { get; } = new();

    public void Reserve(int states)
    {
        if (_visitedAt.Length < states)
            (_visitedAt, _place) = (new int[states], 0);
    }

    public void Clear()
    {
        Now.Clear();
        NextPlace();
    }

    /// <summary>Goes on to the next character.</summary>
    public void Swap()
    {
        (Before, Now) = (Now, Before);
        Clear();
    }

    /// <summary>False when the state was entered at this place already.</summary>
    public bool TryVisit(int state)
    {
        if (_visitedAt[state] == _place)
            return false;
        _visitedAt[state] = _place;
        return true;
    }

    private void NextPlace()
    {
        if (++_place > 0)
            return;
        Array.Clear(_visitedAt);
        _place = 1;
    }
}
