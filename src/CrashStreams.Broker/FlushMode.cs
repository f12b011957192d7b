namespace CrashStreams.Broker;

/// <summary>When acknowledged records are forced to the disk. With every mode they survive the end of the process.</summary>
public enum FlushMode
{
    /// <summary>The operating system decides. A power cut can lose what was acknowledged in the last seconds.</summary>
    Os,

    /// <summary>Every <see cref="BrokerOptions.FlushInterval"/>. A power cut can lose that much.</summary>
    Interval,

    /// <summary>Before the acknowledgement. A power cut loses nothing acknowledged.</summary>
    Always,
}
