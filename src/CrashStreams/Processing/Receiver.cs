namespace CrashStreams.Processing;

/// <summary>Anything that takes records: an operator or a sink. One instance belongs to one task and is used by one thread.</summary>
public abstract class Receiver<TKey, TValue>
{
    internal string NodeName { get; set; } = "";

    /// <summary>Takes one record. The reference is valid during the call.</summary>
    public abstract void Process(in Record<TKey, TValue> record);
}
