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
    private const string DamagedSuffix = ".damaged";

    /// <summary>Replaces the segments whose first offsets lie in [baseOffset, endOffset) by the cleaned file of the first.</summary>
    public static void Apply(IStorage storage, string directory, long baseOffset, long endOffset)
    {
        var swap = $"{directory}/{baseOffset:D20}-{endOffset:D20}{SwapSuffix}";
        storage.Replace(LogSegment.PathOf(directory, baseOffset, CleanedSuffix), swap);
        Finish(storage, directory, swap, baseOffset, endOffset);
    }

    /// <summary>Finishes or undoes what a crash interrupted.</summary>
    /// <param name="storage">Where the directory is.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="damaged">Called when the new segment is not sound, and the old ones stay.</param>
    public static void Recover(IStorage storage, string directory, Action<LogDamage>? damaged)
    {
        foreach (var name in storage.Files(directory).Where(LogDirectory.IsOwn))
        {
            if (name.EndsWith(CleanedSuffix, StringComparison.Ordinal) || name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal))
                storage.Delete($"{directory}/{name}");
            else if (name.EndsWith(SwapSuffix, StringComparison.Ordinal) && name[..^SwapSuffix.Length].Split('-') is [var from, var to]
                && TryParse(from, out var baseOffset) && TryParse(to, out var endOffset))
                Recover(storage, directory, $"{directory}/{name}", (baseOffset, endOffset), damaged);
        }
    }

    /// <summary>The first of the old segments is deleted first: while it is there, nothing has been replaced, and nothing is by a segment that is not sound.</summary>
    private static void Recover(IStorage storage, string directory, string swap, (long Base, long End) range, Action<LogDamage>? damaged)
    {
        if (!storage.Exists(LogSegment.PathOf(directory, range.Base, LogSegment.LogSuffix)) || IsSound(storage, swap, range))
        {
            Finish(storage, directory, swap, range.Base, range.End);
            return;
        }
        storage.Replace(swap, swap + DamagedSuffix);
        damaged?.Invoke(new LogDamage(swap + DamagedSuffix, 0, range.Base, 0, 0, "a compacted segment is damaged; those that it was made from stay"));
    }

    private static bool IsSound(IStorage storage, string swap, (long Base, long End) range)
    {
        using var file = storage.Open(swap, create: false);
        using var scanner = new BatchScanner(file, 0, file.Length);
        var next = range.Base;
        while (scanner.TryReadHeader(out var header) && header.BaseOffset >= next && header.NextOffset <= range.End && scanner.IsCrcValid(header.Crc))
            next = header.NextOffset;
        return next == range.End && scanner.NextPosition == file.Length;
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
