using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>The beginning of a segment, of which a checkpoint says where it ends, in bytes and offsets.</summary>
internal readonly record struct UnverifiedPart(LogSegment Segment, long Length, long NextOffset);

/// <summary>
/// Reads what a start took from a checkpoint without looking at it, and compares the CRCs. Done in steps, on any thread;
/// <see cref="PartitionLog.CompleteVerification"/> then reports what was found.
/// </summary>
internal sealed class LogVerification : IDisposable
{
    private const int StepBytes = 1024 * 1024;

    /// <summary>How often it is tried to open a segment while the process has too many files open: for about 10 s.</summary>
    private const int OpenAttempts = 1000;

    // A worker steps; the loop disposes, perhaps in the middle of a step.
    private readonly Lock _stepping = new();
    private readonly IEnumerator<long> _steps;
    private bool _isDisposed;
    private readonly List<(LogSegment Segment, LogDamage Damage)> _found = [];

    public LogVerification(IReadOnlyList<UnverifiedPart> parts) => _steps = parts.SelectMany(Verify).GetEnumerator();

    public IReadOnlyList<(LogSegment Segment, LogDamage Damage)> Found => _found;

    /// <summary>Reads about a megabyte. False when there is no more to do, or it was disposed.</summary>
    public bool Step()
    {
        lock (_stepping)
        {
            for (var bytes = 0L; bytes < StepBytes; bytes += _steps.Current)
            {
                if (_isDisposed || !_steps.MoveNext())
                    return false;
            }
            return true;
        }
    }

    /// <summary>Ends it, after the step that is being done.</summary>
    public void Dispose()
    {
        lock (_stepping)
        {
            _isDisposed = true;
            _steps.Dispose();
        }
    }

    /// <summary>Yields the bytes read since the last time.</summary>
    private IEnumerable<long> Verify(UnverifiedPart part)
    {
        var (segment, length, end) = part;
        SharedFile? file;
        for (var attempt = 1; !TryOpen(segment, attempt, out file); attempt++)
            yield return StepBytes; // the next attempt comes after the pause that follows a step
        if (file is null)
            yield break;
        try
        {
            using var scanner = new BatchScanner(file.File, 0, length);
            var next = segment.BaseOffset;
            while (TryVerifyBatch(segment, scanner, end, ref next))
                yield return scanner.NextPosition - scanner.Position;
            if (scanner.Position < length)
                Add(segment, scanner.Position, next, end, length - scanner.Position, "the rest of a segment can't be read");
            else if (next < end)
                Add(segment, length, next, end, 0, "batches at the end of a segment are missing");
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>False: to be tried again later. Without a file there is nothing to verify any more, or what there is has been reported.</summary>
    private bool TryOpen(LogSegment segment, int attempt, out SharedFile? file)
    {
        file = null;
        try
        {
            file = segment.OpenBesideLoop();
            return true;
        }
        catch (FileNotFoundException)
        {
            return true; // retention has deleted it meanwhile
        }
        catch (IOException full) when (FileBudget.IsTooMany(full) && attempt < OpenAttempts)
        {
            return false;
        }
        catch (IOException failed)
        {
            Add(segment, 0, segment.BaseOffset, segment.NextOffset, segment.Length, $"a segment can't be opened to be verified: {failed.Message}");
            return true;
        }
    }

    /// <summary>Moves on to the next batch and compares its CRC. False at the end, or where the disk gives back nothing that is one.</summary>
    private bool TryVerifyBatch(LogSegment segment, BatchScanner scanner, long end, ref long next)
    {
        try
        {
            if (!scanner.TryReadHeader(out var header) || header.BaseOffset < next || header.NextOffset > end)
                return false;
            if (!scanner.IsCrcValid(header.Crc))
                Add(segment, scanner.Position, header.BaseOffset, header.NextOffset, scanner.NextPosition - scanner.Position, "a batch is damaged; consumers that check CRCs refuse it");
            next = header.NextOffset;
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Add(LogSegment segment, long position, long fromOffset, long nextOffset, long bytes, string problem) =>
        _found.Add((segment, new LogDamage(segment.LogPath, position, fromOffset, nextOffset - fromOffset, bytes, problem)));
}
