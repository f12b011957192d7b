using CrashStreams.Stores;

namespace CrashStreams.Testing;

/// <summary>Changes in their order.</summary>
internal sealed class MemoryStateBatch : IStateBatch
{
    private readonly List<Change> _changes = [];

    public enum ChangeKind
    {
        Put,
        Delete,
        DeleteRange,
    }

    public IReadOnlyList<Change> Changes => _changes;

    public int Count => _changes.Count;

    public long Bytes { get; private set; }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Add(ChangeKind.Put, key, value);

    public void Delete(ReadOnlySpan<byte> key) => Add(ChangeKind.Delete, key, default);

    public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => Add(ChangeKind.DeleteRange, from, to);

    public void Clear()
    {
        _changes.Clear();
        Bytes = 0;
    }

    public void Dispose()
    {
    }

    private void Add(ChangeKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> other)
    {
        _changes.Add(new(kind, key.ToArray(), other.ToArray()));
        Bytes += key.Length + other.Length;
    }

    /// <param name="Kind">What is done.</param>
    /// <param name="Key">The key, or the first of the range.</param>
    /// <param name="Other">The value, or the end of the range.</param>
    public readonly record struct Change(ChangeKind Kind, byte[] Key, byte[] Other);
}
