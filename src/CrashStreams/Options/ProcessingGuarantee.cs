namespace CrashStreams;

/// <summary>What a crash may do to results.</summary>
public enum ProcessingGuarantee
{
    /// <summary>Nothing is lost; records processed since the last commit are processed again.</summary>
    AtLeastOnce,

    /// <summary>Nothing is lost or doubled: results, state and positions are committed in one transaction.</summary>
    ExactlyOnce,
}
