namespace CrashStreams.Samples.Terminal;

/// <summary>What the program's end tells scripts.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int NotVerified = 1;
    public const int Failure = 2;

    /// <summary>128 + SIGINT, as shells report it.</summary>
    public const int Interrupted = 130;
}
