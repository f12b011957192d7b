namespace CrashStreams.Stores;

/// <summary>What an <see cref="OrderedStore"/> knows of an entry in memory, besides its bytes.</summary>
[Flags]
internal enum EntryState : byte
{
    None = 0,

    /// <summary>Not set: the entry was removed, and the changelog or the engine still has to learn it.</summary>
    Present = 1,

    /// <summary>Changed since the last commit.</summary>
    Dirty = 2,

    /// <summary>Neither the changelog nor the engine has anything of this key, so that removing the entry again leaves nothing to write.</summary>
    New = 4,

    /// <summary>Removed and set again since the last commit.</summary>
    Replaced = 8,

    /// <summary>Read or written since eviction last looked at it.</summary>
    Used = 16,

    /// <summary>The value as of the last commit is kept beside the one of now, because nobody else keeps it.</summary>
    HasCommitted = 32,

    /// <summary>Taken out of its leaf when the walk over it is over.</summary>
    Leaving = 64,
}
