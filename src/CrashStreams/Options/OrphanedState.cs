namespace CrashStreams;

/// <summary>
/// What happens to state whose inputs' committed offsets are gone (expired, deleted, or overwritten by another member of the group): to go on with it would count records twice
/// or leave some out.
/// </summary>
public enum OrphanedState
{
    /// <summary>When the source topics still begin at offset 0 the state is emptied and built again from them, otherwise the application fails and says what it found.</summary>
    RebuildFromWholeInput,

    /// <summary>The state is emptied and built again from what the source topics still have.</summary>
    Rebuild,

    /// <summary>The application fails and says what it found.</summary>
    Fail,
}
