namespace CrashStreams.Broker.Groups.Consumer.Patterns;

/// <summary>
/// A pattern as a non-deterministic automaton (Thompson, 1968): for each character of a name, all states that it may be in. So the time depends on the lengths of the pattern and of
/// the name alone, there is nothing that grows while names are compared, and the steps are counted, which says the same on every machine.
/// </summary>
internal sealed class PatternProgram
{
    private const int Matched = -1;
    private readonly List<State> _states = [];
    private readonly int _maxStates;
    private readonly int _start;
    private int _work;

    private PatternProgram(PatternNode node, int maxStates)
    {
        _maxStates = maxStates;
        _start = Add(node, Matched);
    }

    private enum StateKind : byte
    {
        Character,
        Split,
        Place,
    }

    /// <summary>The automaton; null when it has more states than it may, with counted repetitions written out.</summary>
    public static PatternProgram? TryCompile(PatternNode node, int maxStates)
    {
        try
        {
            return new PatternProgram(node, maxStates);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Whether the whole name matches. Takes what it costs from <paramref name="steps"/>; below zero the answer is worth nothing.</summary>
    public bool Matches(string name, PatternMemory memory, ref long steps)
    {
        memory.Reserve(_states.Count);
        memory.Clear();
        var hasMatched = Enter(_start, name, 0, memory, ref steps);
        for (var i = 0; i < name.Length && steps >= 0; i++)
        {
            memory.Swap();
            if (memory.Before.Count == 0)
                return false;
            hasMatched = false;
            foreach (var state in memory.Before)
            {
                steps--;
                if (NameCharacters.Contains(_states[state].Characters, name[i]))
                    hasMatched |= Enter(_states[state].Next, name, i + 1, memory, ref steps);
            }
        }
        return hasMatched;
    }

    /// <summary>Adds the states of characters that are reached without taking one. True when the end is.</summary>
    private bool Enter(int first, string name, int position, PatternMemory memory, ref long steps)
    {
        var hasMatched = false;
        memory.Open.Push(first);
        while (memory.Open.TryPop(out var index))
        {
            steps--;
            if (index == Matched)
            {
                hasMatched = true;
                continue;
            }
            if (!memory.TryVisit(index))
                continue;
            var state = _states[index];
            switch (state.Kind)
            {
                case StateKind.Character:
                    memory.Now.Add(index);
                    break;
                case StateKind.Split:
                    memory.Open.Push(state.Other);
                    memory.Open.Push(state.Next);
                    break;
                case StateKind.Place when IsAt(state.Place, name, position):
                    memory.Open.Push(state.Next);
                    break;
            }
        }
        return hasMatched;
    }

    private static bool IsAt(PatternPlace place, string name, int position) => place switch
    {
        PatternPlace.Start => position == 0,
        PatternPlace.End => position == name.Length,
        _ => (IsWord(name, position - 1) != IsWord(name, position)) == (place == PatternPlace.WordBoundary),
    };

    private static bool IsWord(string name, int index) => index >= 0 && index < name.Length && NameCharacters.Contains(NameCharacters.Word, name[index]);

    /// <summary>Adds the states of a part, from its end to its start, and returns the first.</summary>
    private int Add(PatternNode node, int next)
    {
        // Repetitions of nothing add no states, but are work.
        if (++_work > 4 * _maxStates)
            throw new OverflowException();
        switch (node)
        {
            case PatternNode.One one:
                return Add(new State(StateKind.Character, next) { Characters = one.Characters });
            case PatternNode.At at:
                return Add(new State(StateKind.Place, next) { Place = at.Place });
            case PatternNode.Sequence sequence:
                return Enumerable.Reverse(sequence.Parts).Aggregate(next, (behind, part) => Add(part, behind));
            case PatternNode.Either either:
                return Enumerable.Reverse(either.Branches).Select(branch => Add(branch, next)).Aggregate((other, branch) => Add(new State(StateKind.Split, branch) { Other = other }));
            case PatternNode.Repeat repeat:
                return AddRepeat(repeat, next);
            default:
                throw new InvalidOperationException($"A part of an unknown kind: {node}.");
        }
    }

    private int AddRepeat(PatternNode.Repeat repeat, int next)
    {
        var first = next;
        if (repeat.Most is { } most)
            for (var i = repeat.Least; i < most; i++)
                first = Add(new State(StateKind.Split, Add(repeat.Part, first)) { Other = next });
        else
            first = AddLoop(repeat.Part, next);
        for (var i = 0; i < repeat.Least; i++)
            first = Add(repeat.Part, first);
        return first;
    }

    private int AddLoop(PatternNode part, int next)
    {
        var loop = Add(new State(StateKind.Split, next) { Other = next });
        var body = Add(part, loop);
        _states[loop] = _states[loop] with { Next = body };
        return loop;
    }

    private int Add(State state)
    {
        if (_states.Count == _maxStates)
            throw new OverflowException();
        _states.Add(state);
        return _states.Count - 1;
    }

    private readonly record struct State(StateKind Kind, int Next)
    {
        public int Other { get; init; }

        public UInt128 Characters { get; init; }

        public PatternPlace Place { get; init; }
    }
}
