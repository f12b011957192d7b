using System.Buffers;

namespace CrashStreams.Stores;

/// <summary>
/// Keys and values in bytes, ordered as unsigned bytes, of one store of one task. Written by the task's thread alone, in batches that are
/// applied whole or not at all, each with the changelog position that it brings the content to. After a crash the content is that of some earlier
/// batch, with the position of that batch: never a part of one, and never ahead of what was written.
/// </summary>
public interface IStateEngine : IDisposable
{
    /// <summary>The changelog offset up to which (exclusive) the content is complete; -1 when nothing was written yet.</summary>
    long Position { get; }

    /// <summary>A text that the owner keeps with the content, written with the next batch: what the content is of, when it was written. Empty at first.</summary>
    string Tag { get; set; }

    /// <summary>Appends the value of a key to <paramref name="value"/>; false when there is none.</summary>
    bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value);

    /// <summary>
    /// The entries from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive; empty: to the end) in order, as they are now: later
    /// writes do not show. Dispose it soon: it holds old versions of the data.
    /// </summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, exclusive; empty for none.</param>
    /// <param name="reversed">Whether to go from the last entry to the first.</param>
    IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed = false);

    /// <summary>A batch for <see cref="Write"/>; reusable after <see cref="IStateBatch.Clear"/>.</summary>
    IStateBatch CreateBatch();

    /// <summary>Applies a batch and moves <see cref="Position"/>, both or neither. The batch is empty afterwards.</summary>
    /// <exception cref="CrashStreamsException">It could not be written (a full disk); the content is unchanged.</exception>
    void Write(IStateBatch batch, long position);

    /// <summary>
    /// A bulk load begins: many batches, no reads until <see cref="EndRestore"/>. Batches written in between may become visible and durable only then.
    /// </summary>
    void BeginRestore();

    /// <summary>The bulk load is over; what it wrote is visible.</summary>
    void EndRestore();

    /// <summary>
    /// <see cref="EndRestore"/>, unless that would wait for work that goes on aside: then false, and to be asked again. Nothing is written in between.
    /// </summary>
    bool TryEndRestore()
    {
        EndRestore();
        return true;
    }

    /// <summary>Makes all that was written durable, as before a clean end: closing an engine does not, it may leave an earlier batch's content.</summary>
    void Flush();

    /// <summary>An estimate of the number of entries.</summary>
    long ApproximateCount { get; }
}

/// <summary>Changes to apply together. Later ones win.</summary>
public interface IStateBatch : IDisposable
{
    /// <summary>Changes in it.</summary>
    int Count { get; }

    /// <summary>Bytes that it holds.</summary>
    long Bytes { get; }

    /// <summary>Sets a key's value; both are copied.</summary>
    void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Removes a key.</summary>
    void Delete(ReadOnlySpan<byte> key);

    /// <summary>Removes the keys from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive); none unless the one is before the other.</summary>
    void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>Empties it.</summary>
    void Clear();
}

/// <summary>Entries in order. Spans are valid until the next step.</summary>
public interface IStateIterator : IDisposable
{
    /// <summary>Goes to the first or next entry; false at the end.</summary>
    bool MoveNext();

    /// <summary>The entry's key.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>The entry's value.</summary>
    ReadOnlySpan<byte> Value { get; }
}
