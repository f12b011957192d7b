namespace CrashStreams.Stores;

/// <summary>What an <see cref="OrderedCursor"/> goes over.</summary>
internal interface IOrderedSource
{
    /// <summary>The entries in memory, which hide those of the engine.</summary>
    OrderedEntries Entries { get; }

    /// <summary>Changes when memory may have let go what an open scan of the engine does not show.</summary>
    int Epoch { get; }

    /// <summary>The engine's entries; null when all are in memory.</summary>
    IStateIterator? ScanEngine(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed);

    /// <summary>Whether the engine's entry of a key has expired already.</summary>
    bool IsForgotten(ReadOnlySpan<byte> key);

    /// <summary>The cursor is free to be used again.</summary>
    void Return(OrderedCursor cursor);
}
