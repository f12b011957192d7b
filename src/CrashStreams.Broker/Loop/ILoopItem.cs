namespace CrashStreams.Broker.Loop;

/// <summary>A piece of work for the loop.</summary>
internal interface ILoopItem
{
    /// <summary>Asked once, when its turn has come: when it runs.</summary>
    LoopLane Lane() => LoopLane.InTurn;

    /// <summary>What the log says when the work took too long. Text of clients in it is escaped. Null for work that the host has asked for: it knows.</summary>
    string? Description { get; }

    void Run();
}

/// <summary>When a piece of work runs.</summary>
internal enum LoopLane : byte
{
    /// <summary>In turn with everything else.</summary>
    InTurn,

    /// <summary>When nothing else is to be done, or has waited for long enough: its client asks more than its share.</summary>
    Late,

    /// <summary>With pauses before it, in which everything else goes on: its client makes requests that take long.</summary>
    Paced,
}

internal sealed class LoopAction(Action action, string? description = null) : ILoopItem
{
    public string? Description => description;

    public void Run() => action();
}
