namespace CrashStreams.Broker.Coordination;

/// <summary>What a coordinator keeps in memory for clients, about, and how much it may be: requests that need more are refused.</summary>
internal sealed class StateBudget(long limit)
{
    public long Used { get; private set; }

    public bool HasRoom(long more) => more <= 0 || Used + more <= limit;

    public void Add(long change) => Used += change;
}
