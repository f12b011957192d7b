using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>
/// The batches that a journal's recovery has found behind a damaged place: on the disk before the damaged part is cut off, and until they are in the log again. A start
/// that finds the file goes on where the last one ended. Its content is whole batches, one after the other.
/// </summary>
internal static class SalvageFile
{
    public const string Name = "salvage";

    public static void Write(IStorage storage, string directory, IReadOnlyList<byte[]> batches) =>
        AtomicFile.Write(storage, PathIn(directory), batches.SelectMany(batch => batch).ToArray(), flush: true);

    /// <summary>The batches that were not appended yet, or not all of them; null when there is no such file.</summary>
    public static List<byte[]>? Read(IStorage storage, string directory)
    {
        if (!storage.Exists(PathIn(directory)))
            return null;
        var batches = new List<byte[]>();
        ReadOnlySpan<byte> left = AtomicFile.Read(storage, PathIn(directory));
        while (RecordBatchView.TryRead(left, out var batch) == BatchRead.Whole && batch.IsCrcValid)
        {
            batches.Add(batch.Bytes.ToArray());
            left = left[(int)batch.SizeInBytes..];
        }
        return batches;
    }

    public static void Delete(IStorage storage, string directory) => storage.Delete(PathIn(directory));

    public static string PathIn(string directory) => $"{directory}/{Name}";
}
