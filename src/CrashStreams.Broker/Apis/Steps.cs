namespace CrashStreams.Broker.Apis;

/// <summary>How requests are cut into steps.</summary>
internal static class Steps
{
    /// <summary>So many elements that take about a microsecond each are a step: to look at the clock after each one would cost more.</summary>
    public const int Elements = 256;
}
