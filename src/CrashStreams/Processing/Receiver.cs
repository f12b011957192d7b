using CrashStreams.Faults;

namespace CrashStreams.Processing;

/// <summary>Anything that takes records: an operator or a sink. One instance belongs to one task and is used by one thread.</summary>
public abstract class Receiver<TKey, TValue>
{
    internal string NodeName { get; set; } = "";

    /// <summary>Takes one record. The reference is valid during the call.</summary>
    public abstract void Process(in Record<TKey, TValue> record);

    /// <summary>Processes a record that another operator hands over.</summary>
    internal void Take(in Record<TKey, TValue> record)
    {
        try
        {
            Process(in record);
        }
        catch (Exception e) when (Blame.On(NodeName, e))
        {
            // Never: the filter only looks.
        }
    }
}
