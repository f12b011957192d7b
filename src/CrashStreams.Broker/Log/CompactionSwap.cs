using System.Globalization;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>
/// Puts a compacted segment in the place of those that it was made from, so that a crash at any point leaves the old ones or the new one.
/// The name of the swap file tells what it replaces: from its rename on, the new one counts.
/// </summary>
internal static class CompactionSwap
{
    public const string CleanedSuffix = ".cleaned";
    private const string SwapSuffix = ".swap";

    /// <summary>Replaces the segments whose first offsets lie in [baseOffset, endOffset) by the cleaned file of the first.</summary>
    public static void Apply(IStorage storage, string directory, long baseOffset, long endOffset)
    {
        var swap = $"{directory}/{baseOffset:D20}-{endOffset:D20}{SwapSuffix}";
        storage.Replace(LogSegment.PathOf(directory, baseOffset, CleanedSuffix), swap);
        Finish(storage, directory, swap, baseOffset, endOffset);
    }

    /// <summary>Finishes or undoes what a crash interrupted.</summary>
    public static void Recover(IStorage storage, string directory)
    {
        foreach (var name in storage.Files(directory).Where(LogDirectory.IsOwn))
        {
            if (name.EndsWith(CleanedSuffix, StringComparison.Ordinal) || name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal))
                storage.Delete($"{directory}/{name}");
            else if (name.EndsWith(SwapSuffix, StringComparison.Ordinal) && name[..^SwapSuffix.Length].Split('-') is [var from, var to]
                && TryParse(from, out var baseOffset) && TryParse(to, out var endOffset))
                Finish(storage, directory, $"{directory}/{name}", baseOffset, endOffset);
        }
    }

    /// <summary>The first offsets of the segments in a directory, in order.</summary>
    public static List<long> SegmentOffsets(IStorage storage, string directory)
    {
        var offsets = new List<long>();
        foreach (var name in storage.Files(directory).Where(LogDirectory.IsOwn))
        {
            if (name.EndsWith(LogSegment.LogSuffix, StringComparison.Ordinal) && TryParse(name[..^LogSegment.LogSuffix.Length], out var offset))
                offsets.Add(offset);
        }
        offsets.Sort();
        return offsets;
    }

    private static void Finish(IStorage storage, string directory, string swap, long baseOffset, long endOffset)
    {
        foreach (var offset in SegmentOffsets(storage, directory))
        {
            if (offset < baseOffset || offset >= endOffset)
                continue;
            storage.Delete(LogSegment.PathOf(directory, offset, LogSegment.IndexSuffix));
            storage.Delete(LogSegment.PathOf(directory, offset, LogSegment.LogSuffix));
        }
        storage.Replace(swap, LogSegment.PathOf(directory, baseOffset, LogSegment.LogSuffix));
    }

    private static bool TryParse(string digits, out long offset) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
}
