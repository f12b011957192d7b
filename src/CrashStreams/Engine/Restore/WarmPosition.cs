namespace CrashStreams.Engine;

/// <summary>How far a store in memory has followed its changelog while its task was a warm copy.</summary>
/// <param name="Position">The offset of the next change.</param>
/// <param name="TopicId">The changelog's id when the copy began; null when the broker gave none.</param>
internal readonly record struct WarmPosition(long Position, string? TopicId)
{
    /// <summary>Whether what the changelog has from here on completes the copy.</summary>
    public bool IsOf(in Changelog changelog) => !changelog.WasMadeAnewSince(TopicId) && Position >= changelog.Start && Position <= changelog.End;
}
