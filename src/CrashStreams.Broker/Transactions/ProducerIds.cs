using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>
/// Hands out producer ids, each once for ever. A block is written as taken before its first id is used, so a crash skips the rest of a
/// block and repeats nothing.
/// </summary>
internal sealed class ProducerIds(IJournal journal)
{
    public const int BlockSize = 1000;
    private long _next;
    private long _blockEnd;

    /// <summary>A fresh id; false when the next block could not be written.</summary>
    public bool TryTake(out long producerId)
    {
        producerId = _next;
        if (_next == _blockEnd && !TryTakeBlock())
            return false;
        _next++;
        return true;
    }

    public void Replay(long takenBelow) => _next = _blockEnd = takenBelow;

    private bool TryTakeBlock()
    {
        if (!journal.TryAppend([TransactionRecords.ProducerIdsTaken(_blockEnd + BlockSize)]))
            return false;
        _blockEnd += BlockSize;
        return true;
    }
}
