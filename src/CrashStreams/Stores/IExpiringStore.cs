namespace CrashStreams.Stores;

/// <summary>A store that forgets by event time. Its owner's operators see to that; in a warm copy nobody else would.</summary>
internal interface IExpiringStore
{
    /// <summary>Forgets what an owner forgets at its start with this watermark. Answers whether there is something to write.</summary>
    bool ForgetRestored(long watermarkMs);
}
