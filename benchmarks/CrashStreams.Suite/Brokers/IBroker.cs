namespace CrashStreams.Suite.Brokers;

/// <summary>A broker in a process of its own, whose processor time can be read.</summary>
internal interface IBroker : IDisposable
{
    string Bootstrap { get; }

    /// <summary>What it has used since its start.</summary>
    TimeSpan ProcessorTime { get; }
}
